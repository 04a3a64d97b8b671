/**
 * What if a block attended otherwise: its gate set, its map replaced. Declared beside a network and applied where its layers
 * observe themselves, so that no layer knows of it.
 */

import type { Tensor } from '../engine/ir/tensor.ts';
import type { Shape } from '../engine/ir/tensor-data.ts';
import { toTensor } from '../engine/ops/constant.ts';
import {
  add,
  broadcastTo,
  cast,
  constant,
  div,
  lessEqual,
  max,
  mean,
  mul,
  type Operand,
  sum,
} from '../engine/ops/index.ts';
import type { Intervene, MapLayout } from './variables.ts';

export interface AttentionIntervention {
  /** The block's factor γ; 0 closes the block. */
  readonly gamma?: Operand | undefined;
  /**
   * - `uniform`: every query weighs all keys alike, as much in all as before;
   * - a window: a query weighs the keys whose centre is within `radius` of its own, in sides of the map, or the nearest key
   *   if none is; in the proportions of before, as much in all.
   */
  readonly map?: 'uniform' | { readonly radius: Operand } | undefined;
  /** Paths of the blocks, such as `ema.G.attention32`. Default: all. */
  readonly blocks?: readonly string[] | undefined;
}

/** The mode's `intervene` of a scope, for networks whose attention is that of `nonLocal`. */
export function intervening({ gamma, map, blocks }: AttentionIntervention): Intervene {
  return ({ layer, name, value, map: layout }) => {
    if (blocks !== undefined && !blocks.includes(layer)) return value;
    if (name === 'gamma' && gamma !== undefined) return toTensor(gamma);
    if (layout === undefined || map === undefined) return value;
    return map === 'uniform' ? uniform(value) : windowed(value, layout, map.radius);
  };
}

function uniform(map: Tensor): Tensor {
  return broadcastTo(mean(map, [2], { keepDims: true }), map.shape);
}

/** So little that it is lost beside any weight, but tells the keys of a window how to share if all their weights are 0. */
const trace = 1e-30;
/** Distances are rounded to float32: a centre on the window's rim is within. */
const rim = 1e-6;

function windowed(map: Tensor, { queryGrid, keyGrid, isDistribution }: MapLayout, radius: Operand): Tensor {
  const distances = centreDistances(queryGrid, keyGrid);
  const nearest = distances.map((row) => Math.min(...row));
  const reach = max(float32([nearest.length, 1], nearest), radius);
  const within = lessEqual(float32([distances.length, distances[0]?.length ?? 0], distances.flat()), add(reach, rim));
  const inside = cast(within, 'float32'); // [L, L']
  const kept = mul(isDistribution ? add(map, trace) : map, inside);
  const share = isDistribution ? sum(kept, [2], { keepDims: true }) : mean(inside, [1], { keepDims: true });
  return div(kept, share);
}

function float32(shape: Shape, numbers: readonly number[]): Tensor {
  return constant({ dtype: 'float32', shape, data: Float32Array.from(numbers) });
}

/**
 * How far the centre of every query's cell is from that of every key's, [L][L'], in sides of the map, both grids spread evenly
 * over the same square (or line, or cube).
 */
export function centreDistances(queryGrid: Shape, keyGrid: Shape): number[][] {
  const keys = centresOf(keyGrid);
  return centresOf(queryGrid).map((query) =>
    keys.map((key) => Math.hypot(...query.map((at, axis) => at - (key[axis] ?? 0)))),
  );
}

/** The centres of a grid's cells in reading order, each axis from 0 to 1. */
function centresOf(grid: Shape): number[][] {
  return grid.reduce<number[][]>(
    (all, extent) => all.flatMap((centre) => Array.from({ length: extent }, (_, i) => [...centre, (i + 0.5) / extent])),
    [[]],
  );
}
