/**
 * A machine for Python's pickles that can build plain containers and what its host allows, and nothing else: no name in
 * a file leads to code.
 * Source: Python's Lib/pickletools.py, which defines every operation; protocols 2 to 5, with the strings of Python 2.
 */

import { type ByteReader, utf8 } from './byte-source.ts';
import { describe, type Fail, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from './pickle-value.ts';

/** What stands behind the names in a pickle. */
export interface PickleHost {
  /** What a name such as `collections.OrderedDict` stands for; undefined for all that are refused. */
  global(name: string): PickleGlobal | undefined;
  /** What an identifier of something outside the pickle stands for. */
  persistent(id: PickleValue, fail: Fail): PickleValue;
}

/**
 * Reads one pickle and leaves the reader behind it.
 *
 * throws  FormatError naming the operation, and the name where one is refused
 */
export function readPickle(reader: ByteReader, host: PickleHost): PickleValue {
  return new Machine(reader, host).run();
}

class Machine {
  readonly reader: ByteReader;
  readonly host: PickleHost;
  private stack: PickleValue[] = [];
  /** The stacks below each open mark. */
  private readonly below: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();
  private operation = { name: 'PROTO', position: 0 };

  constructor(reader: ByteReader, host: PickleHost) {
    this.reader = reader;
    this.host = host;
  }

  run(): PickleValue {
    for (;;) {
      const position = this.reader.position;
      const code = this.reader.unsigned(1);
      this.operation = { name: `operation 0x${code.toString(16).padStart(2, '0')}`, position };
      if (code === stop) return this.result();
      const known = operations.get(code);
      if (known === undefined) this.fail(`it is none of those that torch.save writes`, saveWeights);
      const [name, perform] = known;
      this.operation = { name, position };
      perform(this);
    }
  }

  private result(): PickleValue {
    const [value] = this.stack;
    if (value === undefined || this.stack.length > 1 || this.below.length > 0) {
      const open = this.below.reduce((sum, values) => sum + values.length, this.stack.length);
      this.fail(`the pickle ends with ${open} values and ${this.below.length} open marks; expected one value and none`);
    }
    return value;
  }

  readonly fail: Fail = (problem, remedy) => {
    const { name, position } = this.operation;
    return this.reader.fail(`the pickle cannot be read at ${name}: ${problem}`, position, remedy);
  };

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) return this.fail('there is no value left for it');
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) return this.fail('there is no value left for it');
    return value;
  }

  mark(): void {
    this.below.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark, which is closed. */
  popMark(): PickleValue[] {
    const values = this.stack;
    this.stack = this.below.pop() ?? this.fail('there is no mark for it');
    return values;
  }

  popTuple(): readonly PickleValue[] {
    const value = this.pop();
    if (value instanceof PickleTuple) return value.items;
    return this.fail(`it takes a tuple of arguments, not ${describe(value)}`);
  }

  text(bytes: Uint8Array): string {
    return utf8(bytes) ?? this.fail('the text is not UTF-8');
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.memo.size);
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.fail(`nothing was kept under number ${index}`);
    this.push(value);
  }

  /** The value behind a name, if the host allows it. */
  global(module: PickleValue, name: PickleValue): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') {
      return this.fail(`a name is made of two strings, not of ${describe(module)} and ${describe(name)}`);
    }
    const full = `${module}.${name}`;
    return this.host.global(full) ?? this.fail(`it names "${full}", which weights have no need of`, saveWeights);
  }

  call(callee: PickleValue, args: readonly PickleValue[]): void {
    if (!(callee instanceof PickleGlobal) || callee.call === undefined) {
      this.fail(`it calls ${describe(callee)}; expected a name that can be called`);
    }
    this.push(callee.call(args, this.fail));
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.fail(`it adds to ${describe(list)}; expected a list`);
    for (const value of values) list.push(value);
  }

  setItems(items: readonly PickleValue[]): void {
    const map = this.top();
    if (!(map instanceof Map)) this.fail(`it sets an entry of ${describe(map)}; expected a dict`);
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i] ?? null;
      const value = items[i + 1];
      if (value === undefined) this.fail('the last key has no value');
      if (typeof key === 'object' && key !== null) {
        this.fail(`a key is ${describe(key)}; expected a string or a number`);
      }
      map.set(key, value);
    }
  }

  /** Sets attributes of an object. Those of a dict (PyTorch's layer versions) say nothing about weights. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (object instanceof Map && state instanceof Map) return;
    if (object instanceof PickleObject && object.build !== undefined && state instanceof Map) object.build(state);
    else this.fail(`it gives ${describe(object)} the state of ${describe(state)}`, saveWeights);
  }
}

const saveWeights =
  'Sagan builds tensors and plain containers only, and runs nothing; in Python, save the weights alone with ' +
  'torch.save(model.state_dict(), FILE)';

/** A two's-complement little-endian integer of any length; a plain number where that is exact. */
function readLong(machine: Machine, length: number): number | bigint {
  const longestBytes = 1024;
  if (length > longestBytes) machine.fail(`the integer has ${length} bytes; expected at most ${longestBytes}`);
  const hex = Buffer.from(machine.reader.bytes(length)).reverse().toString('hex');
  const value = length === 0 ? 0n : BigInt.asIntN(8 * length, BigInt(`0x${hex}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function readFloat(machine: Machine): number {
  const bytes = machine.reader.bytes(8);
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
}

function latin1({ reader }: Machine, length: number): string {
  return Buffer.from(reader.bytes(length)).toString('latin1');
}

function checkProtocol(machine: Machine): void {
  const protocol = machine.reader.unsigned(1);
  if (protocol < 2 || protocol > 5) machine.fail(`protocol ${protocol} is unknown; expected 2 to 5`);
}

function checkFrame({ reader, fail }: Machine): void {
  const length = reader.unsigned(8);
  if (length > reader.end - reader.position) {
    fail(`a frame of ${length} bytes begins, but ${reader.end - reader.position} are left`);
  }
}

function pushTuple(machine: Machine, length: number): void {
  const items = Array.from({ length }, () => machine.pop());
  machine.push(new PickleTuple(items.reverse()));
}

function callMarked(machine: Machine): void {
  const [callee = null, ...args] = machine.popMark();
  machine.call(callee, args);
}

function callNamed(machine: Machine): void {
  const module = machine.reader.line();
  const callee = machine.global(module, machine.reader.line());
  machine.call(callee, machine.popMark());
}

function callNew(machine: Machine): void {
  const args = machine.popTuple();
  machine.call(machine.pop(), args);
}

function callNewWithKeywords(machine: Machine): void {
  const keywords = machine.pop();
  if (!(keywords instanceof Map) || keywords.size > 0) machine.fail('keyword arguments are passed; expected none');
  callNew(machine);
}

function refuseExtension(machine: Machine, length: 1 | 2 | 4): never {
  const code = machine.reader.unsigned(length);
  return machine.fail(`it names number ${code} of a registry that only the writer has`, saveWeights);
}

const stop = 0x2e;

/** Every operation but STOP: its code, its name, and what it does. */
const operations: ReadonlyMap<number, readonly [string, (machine: Machine) => void]> = new Map([
  [0x80, ['PROTO', checkProtocol]],
  [0x95, ['FRAME', checkFrame]],

  [0x4e, ['NONE', (m) => m.push(null)]],
  [0x88, ['NEWTRUE', (m) => m.push(true)]],
  [0x89, ['NEWFALSE', (m) => m.push(false)]],
  [0x4b, ['BININT1', (m) => m.push(m.reader.unsigned(1))]],
  [0x4d, ['BININT2', (m) => m.push(m.reader.unsigned(2))]],
  [0x4a, ['BININT', (m) => m.push(m.reader.unsigned(4) | 0)]],
  [0x8a, ['LONG1', (m) => m.push(readLong(m, m.reader.unsigned(1)))]],
  [0x8b, ['LONG4', (m) => m.push(readLong(m, m.reader.unsigned(4)))]],
  [0x47, ['BINFLOAT', (m) => m.push(readFloat(m))]],
  [0x8c, ['SHORT_BINUNICODE', (m) => m.push(m.text(m.reader.bytes(m.reader.unsigned(1))))]],
  [0x58, ['BINUNICODE', (m) => m.push(m.text(m.reader.bytes(m.reader.unsigned(4))))]],
  [0x8d, ['BINUNICODE8', (m) => m.push(m.text(m.reader.bytes(m.reader.unsigned(8))))]],
  [0x55, ['SHORT_BINSTRING', (m) => m.push(latin1(m, m.reader.unsigned(1)))]],
  [0x54, ['BINSTRING', (m) => m.push(latin1(m, m.reader.unsigned(4)))]],
  [0x43, ['SHORT_BINBYTES', (m) => m.push(m.reader.bytes(m.reader.unsigned(1)).slice())]],
  [0x42, ['BINBYTES', (m) => m.push(m.reader.bytes(m.reader.unsigned(4)).slice())]],
  [0x8e, ['BINBYTES8', (m) => m.push(m.reader.bytes(m.reader.unsigned(8)).slice())]],
  [0x96, ['BYTEARRAY8', (m) => m.push(m.reader.bytes(m.reader.unsigned(8)).slice())]],

  [0x29, ['EMPTY_TUPLE', (m) => m.push(new PickleTuple([]))]],
  [0x85, ['TUPLE1', (m) => pushTuple(m, 1)]],
  [0x86, ['TUPLE2', (m) => pushTuple(m, 2)]],
  [0x87, ['TUPLE3', (m) => pushTuple(m, 3)]],
  [0x74, ['TUPLE', (m) => m.push(new PickleTuple(m.popMark()))]],
  [0x5d, ['EMPTY_LIST', (m) => m.push([])]],
  [0x61, ['APPEND', (m) => m.append([m.pop()])]],
  [0x65, ['APPENDS', (m) => m.append(m.popMark())]],
  [0x7d, ['EMPTY_DICT', (m) => m.push(new Map())]],
  [0x73, ['SETITEM', (m) => m.setItems([m.pop(), m.pop()].reverse())]],
  [0x75, ['SETITEMS', (m) => m.setItems(m.popMark())]],

  [0x28, ['MARK', (m) => m.mark()]],
  [0x30, ['POP', (m) => void m.pop()]],
  [0x31, ['POP_MARK', (m) => void m.popMark()]],
  [0x32, ['DUP', (m) => m.push(m.top())]],
  [0x71, ['BINPUT', (m) => m.put(m.reader.unsigned(1))]],
  [0x72, ['LONG_BINPUT', (m) => m.put(m.reader.unsigned(4))]],
  [0x94, ['MEMOIZE', (m) => m.memoize()]],
  [0x68, ['BINGET', (m) => m.get(m.reader.unsigned(1))]],
  [0x6a, ['LONG_BINGET', (m) => m.get(m.reader.unsigned(4))]],

  [0x63, ['GLOBAL', (m) => m.push(m.global(m.reader.line(), m.reader.line()))]],
  [0x93, ['STACK_GLOBAL', (m) => m.push(m.global(...stackedName(m)))]],
  [0x52, ['REDUCE', callNew]],
  [0x81, ['NEWOBJ', callNew]],
  [0x92, ['NEWOBJ_EX', callNewWithKeywords]],
  [0x69, ['INST', callNamed]],
  [0x6f, ['OBJ', callMarked]],
  [0x62, ['BUILD', (m) => m.build()]],
  [0x82, ['EXT1', (m) => refuseExtension(m, 1)]],
  [0x83, ['EXT2', (m) => refuseExtension(m, 2)]],
  [0x84, ['EXT4', (m) => refuseExtension(m, 4)]],
  [0x51, ['BINPERSID', (m) => m.push(m.host.persistent(m.pop(), m.fail))]],
]);

function stackedName(machine: Machine): [PickleValue, PickleValue] {
  const name = machine.pop();
  return [machine.pop(), name];
}
