/** The names of Python that a file of weights may use, and what they stand for here. */

import { describe, type Fail, PickleGlobal, PickleTuple, type PickleValue } from './pickle-value.ts';
import { ScriptModule } from './script-module.ts';
import { TorchStorage, TorchTensor, torchTypes, viewProblem } from './torch-tensor.ts';

/** The class of a storage, which says what type its elements are. */
export class StorageClass extends PickleGlobal {
  readonly typeName: string;

  constructor(typeName: string) {
    super(`torch.${typeName}Storage`);
    this.typeName = typeName;
  }
}

/** Element types and devices are passed on as their names. */
const dtypeNames = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'];

const callable: Readonly<Record<string, NonNullable<PickleGlobal['call']>>> = {
  'collections.OrderedDict': orderedDict,
  '_codecs.encode': latin1Bytes,
  'torch.Size': ([sizes = null], fail) => new PickleTuple(integers(sizes, fail)),
  'torch.device': ([kind = null, index = null], fail) =>
    typeof kind === 'string' ? (index === null ? kind : `${kind}:${String(index)}`) : fail('a device has no name'),
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([data = null], fail) =>
    data instanceof TorchTensor ? data : fail(`a parameter is ${describe(data)}; expected a tensor`),
};

/** How TorchScript writes lists whose elements are of one type. */
const typedLists = ['build_intlist', 'build_doublelist', 'build_boollist', 'build_tensorlist', 'restore_type_tag'];

const allowed: ReadonlyMap<string, PickleGlobal> = new Map([
  ...Object.entries(callable).map(([name, call]) => [name, new PickleGlobal(name, call)] as const),
  ...typedLists
    .map((list) => `torch.jit._pickle.${list}`)
    .map((name) => [name, new PickleGlobal(name, firstArgument)] as const),
  ...[...torchTypes.keys()].map((type) => [`torch.${type}Storage`, new StorageClass(type)] as const),
  ...dtypeNames.map((name) => [`torch.${name}`, new PickleGlobal(`torch.${name}`)] as const),
]);

/** What a name stands for; undefined for all that weights have no need of. */
export function torchGlobal(name: string): PickleGlobal | undefined {
  // A class whose code TorchScript keeps in the archive: here its objects are their attributes, and the code is not read.
  if (name.startsWith('__torch__.')) return new PickleGlobal(name, () => new ScriptModule());
  return allowed.get(name);
}

function firstArgument([value = null]: readonly PickleValue[]): PickleValue {
  return value;
}

/** OrderedDict() or OrderedDict([(key, value), …]), which is how Python 2 wrote it. */
function orderedDict([items = []]: readonly PickleValue[], fail: Fail): PickleValue {
  if (!Array.isArray(items)) return fail(`an OrderedDict is made of ${describe(items)}; expected a list of pairs`);
  return new Map(
    items.map((item) => {
      const pair = Array.isArray(item) ? item : item instanceof PickleTuple ? item.items : [];
      const [key = null, value] = pair;
      if (pair.length !== 2 || value === undefined || (typeof key === 'object' && key !== null)) {
        return fail('an OrderedDict holds something else than pairs of a name and a value');
      }
      return [key, value];
    }),
  );
}

/** How protocol 2 writes bytes: as text, one character a byte. */
function latin1Bytes([text = null, encoding = null]: readonly PickleValue[], fail: Fail): PickleValue {
  if (typeof text !== 'string' || encoding !== 'latin1')
    return fail('bytes are written in another encoding than latin1');
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** (storage, offset, shape, strides, …): what follows concerns gradients. */
function rebuildTensor(args: readonly PickleValue[], fail: Fail): PickleValue {
  const [storage = null, offset = null, shape = null, strides = null] = args;
  if (!(storage instanceof TorchStorage)) return fail(`a tensor lies in ${describe(storage)}; expected a storage`);
  if (typeof offset !== 'number') return fail(`the offset of a tensor is ${describe(offset)}; expected an integer`);
  const extents = integers(shape, fail);
  const steps = integers(strides, fail);
  const problem = viewProblem(storage.length, offset, extents, steps);
  return problem === undefined ? new TorchTensor(storage, offset, extents, steps) : fail(`a tensor has ${problem}`);
}

function integers(value: PickleValue, fail: Fail): readonly number[] {
  const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : undefined;
  if (items === undefined) return fail(`${describe(value)} stands where a tuple of integers is expected`);
  return items.map((item) => (typeof item === 'number' ? item : fail(`an extent is ${describe(item)}`)));
}
