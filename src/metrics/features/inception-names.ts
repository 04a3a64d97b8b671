/**
 * What files of weights call the layers of the Inception network of FID: by torchvision's names, which are ours too, or as
 * NVIDIA's TorchScript file (StyleGAN2-ADA, clean-fid).
 *
 * NVIDIA's names were not taken from the file itself but from two programs that read it and agree: the converter of
 * miemie2013/miemieGAN (tools/inception_convert_weights.py), and a port of NVlabs/stylegan3's detector whose author found
 * its features equal to the file's. As a reader checks every shape, a name that stood for something else would be noticed.
 */

/** What a file keeps of a convolution and the batch normalisation behind it. */
export type Role = 'weight' | 'gain' | 'offset' | 'mean' | 'variance';

/** A way to name the tensors of the network. */
export interface Naming {
  /** For messages. */
  readonly what: string;
  /** The module of a layer, whose name is torchvision's. */
  module(layer: string): string;
  /** The names of a convolution's tensors below its module. */
  readonly tensors: Readonly<Partial<Record<Role, string>>>;
}

const torchvision: Naming = {
  what: "torchvision's names",
  module: (layer) => layer,
  tensors: {
    weight: 'conv.weight',
    gain: 'bn.weight',
    offset: 'bn.bias',
    mean: 'bn.running_mean',
    variance: 'bn.running_var',
  },
};

const nvidia: Naming = {
  what: "the names of NVIDIA's file",
  module: nvidiaModule,
  // TensorFlow trained no gains: all are 1, and not kept.
  tensors: { weight: 'weight', offset: 'beta', mean: 'mean', variance: 'var' },
};

/** Every way in which files name the network. */
export const namings = [torchvision, nvidia] as const;

/** The names of a layer's tensors, by what they are. The last layer is linear, with a weight and an offset. */
export function tensorNames(naming: Naming, layer: string): ReadonlyMap<Role, string> {
  const module = naming.module(layer);
  const tensors: Naming['tensors'] = layer === 'fc' ? { weight: 'weight', offset: 'bias' } : naming.tensors;
  const roles = ['weight', 'gain', 'offset', 'mean', 'variance'] as const;
  return new Map(
    roles.flatMap((role) => (tensors[role] === undefined ? [] : [[role, `${module}.${tensors[role]}`] as const])),
  );
}

const stem = ['Conv2d_1a_3x3', 'Conv2d_2a_3x3', 'Conv2d_2b_3x3', 'Conv2d_3b_1x1', 'Conv2d_4a_3x3'];

/** The convolutions of a branch in their order: `branch5x5_1` is `tower.conv`, `branch5x5_2` is `tower.conv_1`. */
function tower(branch: string, count: number, name: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${branch}_${i + 1}`, `${name}.${counted('conv', i)}`]),
  );
}

const one = { branch1x1: 'conv' };
const pooled = { branch_pool: 'tower_2.conv' };
const blockA = { ...one, ...tower('branch5x5', 2, 'tower'), ...tower('branch3x3dbl', 3, 'tower_1'), ...pooled };
const blockB = { branch3x3: 'conv', ...tower('branch3x3dbl', 3, 'tower') };
const blockC = { ...one, ...tower('branch7x7', 3, 'tower'), ...tower('branch7x7dbl', 5, 'tower_1'), ...pooled };
const blockD = { ...tower('branch3x3', 2, 'tower'), ...tower('branch7x7x3', 4, 'tower_1') };
const blockE = {
  ...one,
  branch3x3_1: 'tower_conv',
  branch3x3_2a: 'tower_mixed_conv',
  branch3x3_2b: 'tower_mixed_conv_1',
  branch3x3dbl_1: 'tower_1_conv',
  branch3x3dbl_2: 'tower_1_conv_1',
  branch3x3dbl_3a: 'tower_1_mixed_conv',
  branch3x3dbl_3b: 'tower_1_mixed_conv_1',
  branch_pool: 'tower_2_conv',
};

/** By the block's name in torchvision, in the order in which NVIDIA's file counts them. */
const blocks: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  ['Mixed_5b', blockA],
  ['Mixed_5c', blockA],
  ['Mixed_5d', blockA],
  ['Mixed_6a', blockB],
  ['Mixed_6b', blockC],
  ['Mixed_6c', blockC],
  ['Mixed_6d', blockC],
  ['Mixed_6e', blockC],
  ['Mixed_7a', blockD],
  ['Mixed_7b', blockE],
  ['Mixed_7c', blockE],
]);

/** These are the names of TensorFlow's graph: the second of a kind, and those after it, have a number. */
function nvidiaModule(layer: string): string {
  if (layer === 'fc') return 'output';
  if (stem.includes(layer)) return `layers.${counted('conv', stem.indexOf(layer))}`;
  const [block = '', branch = ''] = layer.split('.');
  const place = [...blocks.keys()].indexOf(block);
  return `layers.${counted('mixed', place)}.${blocks.get(block)?.[branch] ?? branch}`;
}

function counted(name: string, index: number): string {
  return index === 0 ? name : `${name}_${index}`;
}
