/**
 * From the names and shapes of another program's networks to ours, by tables: which of its modules is which of ours, and
 * which of their tensors.
 */

import { type Shape, sizeOf, type TensorData } from '../engine/ir/tensor-data.ts';
import type { WeightTensor } from './weight-file.ts';

/** A tensor of ours that is made from one of theirs; `expected` is its shape here. */
export interface Target {
  readonly to: string;
  readonly change?: (tensor: TensorData, expected: Shape) => TensorData;
  /** A network that has no place for it can do without. */
  readonly optional?: true;
}

/** What becomes of a module's tensors, by their names below it. Those without a target are not needed here. */
export type Leaves = Readonly<Record<string, readonly Target[]>>;

/** A module of theirs (`*` stands for a number), what it is called here (each name that it may have), and its tensors. */
export interface ModuleRule {
  readonly from: string;
  to(index: number, resolution: number): readonly string[];
  readonly leaves: Leaves;
}

export type NetworkName = 'generator' | 'discriminator';

/** A program whose weights can be read. */
export interface WeightSource {
  readonly name: string;
  /** Where the program is published. */
  readonly url: string;
  readonly networks: Readonly<Record<NetworkName, readonly ModuleRule[]>>;
}

export interface Translation {
  /** The tensors of ours that could be made. */
  readonly state: ReadonlyMap<string, TensorData>;
  /** Ours that nothing was found for. */
  readonly missing: readonly string[];
  /** Theirs that have no place here. */
  readonly extra: readonly string[];
  readonly misshaped: readonly Misshaped[];
}

export interface Misshaped {
  readonly name: string;
  readonly theirName: string;
  readonly seen: Shape;
  readonly expected: Shape;
}

/**
 * Makes the tensors of a network of ours, whose shapes by name are `expected`, from theirs. A tensor of theirs goes to
 * every target that the network has, so a rule may name what only some networks have.
 *
 * throws  FormatError where a tensor cannot be read
 */
export function translate(
  theirs: ReadonlyMap<string, WeightTensor>,
  rules: readonly ModuleRule[],
  expected: ReadonlyMap<string, Shape>,
  resolution: number,
): Translation {
  const state = new Map<string, TensorData>();
  const extra: string[] = [];
  const misshaped: Misshaped[] = [];
  for (const [theirName, tensor] of theirs) {
    const targets = targetsOf(theirName, rules, resolution);
    if (targets?.length === 0) continue;
    // What has its tensor already is not overwritten: a second one for it is one too many.
    const known = (targets ?? []).filter(({ to }) => expected.has(to) && !state.has(to));
    if (known.length === 0 && targets?.every(({ optional }) => optional === true) !== true) extra.push(theirName);
    for (const { to: name, change } of known) {
      const shape = expected.get(name) ?? [];
      const loaded = floats(tensor.load());
      const made = change === undefined ? loaded : change(loaded, shape);
      state.set(name, made);
      if (made.shape.join() !== shape.join()) {
        misshaped.push({ name, theirName, seen: made.shape, expected: shape });
      }
    }
  }
  const missing = [...expected.keys()].filter((name) => !state.has(name));
  return { state, missing, extra, misshaped };
}

/** How well names fit rules: the share of the names that a rule knows, and the share of the rules that know a name. */
export function agreement(names: Iterable<string>, rules: readonly ModuleRule[]): { names: number; rules: number } {
  const used = new Set<ModuleRule>();
  let fitting = 0;
  let count = 0;
  for (const name of names) {
    const rule = rules.find((candidate) => match(name, candidate) !== undefined);
    count++;
    if (rule === undefined) continue;
    fitting++;
    used.add(rule);
  }
  return { names: fitting / Math.max(1, count), rules: used.size / rules.length };
}

/** The targets of a name of theirs; undefined if no rule knows it. */
function targetsOf(name: string, rules: readonly ModuleRule[], resolution: number): readonly Target[] | undefined {
  for (const rule of rules) {
    const found = match(name, rule);
    if (found === undefined) continue;
    const modules = rule.to(found.index, resolution);
    return found.targets.flatMap(({ to, ...target }) =>
      modules.map((module) => ({ ...target, to: `${module}.${to}` })),
    );
  }
  return undefined;
}

function match(name: string, { from, leaves }: ModuleRule): { index: number; targets: readonly Target[] } | undefined {
  const pattern = from.replaceAll('.', '\\.').replace('*', '(?<index>\\d+)');
  const found = new RegExp(`^${pattern}\\.(?<leaf>.+)$`).exec(name)?.groups;
  const targets = Object.entries(leaves).find(([leaf]) => leaf === found?.leaf)?.[1];
  return found === undefined || targets === undefined ? undefined : { index: Number(found.index ?? 0), targets };
}

function floats(tensor: TensorData): TensorData {
  if (tensor.dtype === 'float32') return tensor;
  return { dtype: 'float32', shape: tensor.shape, data: Float32Array.from(tensor.data) };
}

/** The same numbers in the expected shape, where they are as many. */
export function reshaped(tensor: TensorData, expected: Shape): TensorData {
  return sizeOf(tensor.shape) === sizeOf(expected) ? { ...tensor, shape: expected } : tensor;
}

/** Gains that are kept as distances from 1. */
export function onePlus(tensor: TensorData): TensorData {
  return { ...tensor, data: tensor.data.map((value) => value + 1) };
}

/** Columns from `part`/2 of the width on, half of the width many: [rows, 2C] → [rows, C]. */
export function halfOfColumns(part: 0 | 1): (tensor: TensorData) => TensorData {
  return ({ dtype, shape, data }) => {
    const [rows = 0, width = 0] = shape;
    const half = width / 2;
    const rowsOf = Array.from({ length: rows }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
    const kept = rowsOf.flatMap((row) => row.slice(part * half, (part + 1) * half));
    return { dtype, shape: [rows, half], data: Float32Array.from(kept) };
  };
}

const to = (name: string): readonly Target[] => [{ to: name }];
const vector: readonly Target[] = [{ to: 'u', change: reshaped }];

/** A linear map, convolution or embedding, with spectral norm (of each program that is read here) or without. */
export const layer: Leaves = {
  weight: to('weight'),
  bias: to('bias'),
  // PyTorch's own spectral norm.
  weight_orig: to('weight'),
  weight_u: vector,
  weight_v: [{ to: 'v', change: reshaped, optional: true }],
  // BigGAN-PyTorch's.
  u0: vector,
  sv0: [],
  // mimicry's.
  sn_u: vector,
  sn_sigma: [],
};

/** PyTorch's batch norm. */
export const batchNorm: Leaves = {
  weight: to('gain'),
  bias: to('bias'),
  running_mean: to('mean'),
  running_var: to('variance'),
  num_batches_tracked: [],
};

/** The leaves of modules inside of a module: `prefixed('query', layer)` has `query.weight` and so on. */
export function prefixed(from: string, leaves: Leaves, name: string): Leaves {
  return Object.fromEntries(
    Object.entries(leaves).map(([leaf, targets]) => [
      `${from}.${leaf}`,
      targets.map((target) => ({ ...target, to: `${name}.${target.to}` })),
    ]),
  );
}

/** BigGAN-PyTorch's attention, which mimicry has too. */
export const attention: Leaves = {
  ...prefixed('theta', layer, 'query'),
  ...prefixed('phi', layer, 'key'),
  ...prefixed('g', layer, 'value'),
  ...prefixed('o', layer, 'output'),
  gamma: [{ to: 'gamma', change: reshaped }],
};
