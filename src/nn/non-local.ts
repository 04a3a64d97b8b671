/**
 * The non-local block: every position of a sequence, an image or a video adds to itself what it gathers from all others.
 * Source: Wang, Girshick, Gupta, He 2018, arXiv:1711.07971, section 3. Self-attention is one of its forms.
 */

import { GraphError } from '../base/errors.ts';
import { grad } from '../engine/autodiff/grad.ts';
import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { abs, add, div, max, maxPool, mean, mul, reshape, sum } from '../engine/ops/index.ts';
import { batchNorm } from './batch-norm.ts';
import { type Initializer, zeros } from './initializers.ts';
import { conv2d } from './layers.ts';
import { type ResponseOptions, respond } from './non-local-response.ts';
import type { Scope } from './variables.ts';

/** The options of a layer hold for the block's convolutions and for the vector of `concatenation`. */
export interface NonLocalOptions extends ResponseOptions {
  /** Queries and keys have C / queryDivisor channels. Default 2. `gaussian` compares x itself and has none. */
  readonly queryDivisor?: number;
  /** Values have C / valueDivisor channels. Default 2; without an output convolution 1, and no other. */
  readonly valueDivisor?: number;
  /**
   * Max-pooling of keys and values, which makes the map smaller by the window's size: of what is projected
   * (`afterProjection`) or of x (`beforeProjection`). Default `none`.
   */
  readonly keyPooling?: 'none' | 'afterProjection' | 'beforeProjection';
  /** One extent an axis of the grid. Default 2 on each but time: [2], [2,2] or [1,2,2]. Remainders are left out. */
  readonly poolWindow?: readonly number[];
  /** Whether a 1×1 convolution brings the gathered values to C channels. Default true. */
  readonly output?: boolean;
  /** Of the output convolution's weight. Default `initializer`. */
  readonly outputInitializer?: Initializer;
  /**
   * What keeps a fresh block closed: a factor γ that starts at 0 (`scalar`, the default), a batch norm whose gain does
   * (`batchNorm`), or an output convolution that does (`zeroConvolution`). With `none` it is open from the start.
   */
  readonly gate?: 'scalar' | 'batchNorm' | 'zeroConvolution' | 'none';
}

/**
 * x [N,C,L], [N,C,H,W] or [N,C,T,H,W] → x + gate(output(what each position gathers)), of the same shape.
 *
 * A fresh block whose gate is closed returns x, so it can be put anywhere into a network that is trained already:
 *
 *     const h = scope.at('nonLocal', (s) => nonLocal(s, x, { keyPooling: 'afterProjection', gate: 'batchNorm' }));
 *
 * Its variables are `query`, `key`, `value` and `output`, each a 1×1 convolution with weight [channels, C, 1, 1] whatever
 * the grid, and by its options `pair.weight`, `gamma` [] or the batch norm `norm`. None depends on the grid's rank or
 * extents: one state serves inputs of any size. Observable are `map` [N, L, L'] (`respond` says what it holds), of pooled keys
 * and values `keyOrigins` and `valueOrigins` [N, L]: the share of channels whose maximum came from a position; and `gamma`:
 * the factor, or of `batchNorm` the mean size of its gains; the other gates have none. What intervenes in `map` or `gamma` is
 * used in its stead.
 *
 * Throws GraphError if x is no such grid, if a divisor does not divide C, or if options contradict each other.
 */
export function nonLocal(scope: Scope, x: Tensor, options: NonLocalOptions = {}): Tensor {
  const { keyPooling = 'none', pairwise, output = true, gate = 'scalar' } = options;
  const { queryWidth, valueWidth } = checkedWidths(scope, x, options);
  const { poolWindow = defaultWindow(x) } = options;
  const [n = 0, channels = 0] = x.shape;
  const project = (name: string, map: Tensor, width: number, layer = options) =>
    scope.at(name, (s) => onGrid(map, (image) => conv2d(s, image, width, { ...layer, kernel: 1 })));
  const flat = (map: Tensor) => reshape(map, [n, extent(map, 1), -1]);

  const pool = (map: Tensor, names: readonly string[]) => {
    const pooled = maxPool(map, poolWindow);
    for (const name of names) scope.observe(`${name}Origins`, originsOf(map, pooled));
    return pooled;
  };
  const source = keyPooling === 'beforeProjection' ? pool(x, ['key', 'value']) : x;
  const embed = (name: string, map: Tensor) => (pairwise === 'gaussian' ? map : project(name, map, queryWidth));
  const queries = flat(embed('query', x)); // [N, D, L]
  const pooled = (name: string, map: Tensor) => (keyPooling === 'afterProjection' ? pool(map, [name]) : map);
  const keyMap = pooled('key', embed('key', source));
  const keys = flat(keyMap); // [N, D, L']
  const values = flat(pooled('value', project('value', source, valueWidth))); // [N, V, L']
  const [queryGrid, keyGrid] = [x.shape.slice(2), keyMap.shape.slice(2)];
  const response = respond(scope, { queries, keys, values, queryGrid, keyGrid }, options); // [N, V, L]
  const gathered = reshape(response, [n, valueWidth, ...queryGrid]);

  const gamma = gate === 'scalar' ? scope.parameter('gamma', [], zeros) : undefined;
  const update = output ? project('output', gathered, channels, ofOutput(options)) : gathered; // x's shape
  if (gamma !== undefined) return add(x, mul(update, scope.observe('gamma', gamma)));
  return add(x, gate === 'batchNorm' ? normalized(scope, update) : update);
}

/** To a layer of images a sequence is a row of pixels, and the frames of a video stand one above the other. */
function onGrid(x: Tensor, layer: (image: Tensor) => Tensor): Tensor {
  const [n = 0, channels = 0, ...grid] = x.shape;
  const y = layer(reshape(x, [n, channels, -1, extent(x, -1)]));
  return reshape(y, [n, extent(y, 1), ...grid]);
}

/** 2 on every axis of the grid; a video's frames are pooled one by one. */
function defaultWindow(x: Tensor): number[] {
  return x.shape.slice(2).map((_, axis) => (x.rank === 5 && axis === 0 ? 1 : 2));
}

function ofOutput({ gate, outputInitializer, ...options }: NonLocalOptions): NonLocalOptions {
  if (gate === 'zeroConvolution') return { ...options, initializer: zeros, biasInitializer: zeros };
  return outputInitializer === undefined ? options : { ...options, initializer: outputInitializer };
}

function normalized(scope: Scope, update: Tensor): Tensor {
  return scope.at('norm', (s) => {
    const y = onGrid(update, (image) => batchNorm(s, image, { gainInitializer: zeros }));
    const size = mean(abs(s.parameter('gain', [extent(update, 1)], zeros)));
    const used = scope.observe('gamma', size);
    return used === size ? y : mul(y, div(used, max(size, leastGain)));
  });
}

/** Gains of 0 stay 0, whatever size they are given. */
const leastGain = 1e-30;

/**
 * Where max-pooling took its values from, [N, L] of the map [N,C,…]: the share of channels whose largest value in a window is
 * this position's. That is what the derivative of pooling says.
 */
function originsOf(map: Tensor, pooled: Tensor): Tensor {
  const [taken = map] = grad(sum(pooled), [map]);
  return reshape(mean(taken, [1]), [extent(map, 0), -1]);
}

/** The widths D and V. Throws GraphError if they are no whole numbers, or if options contradict each other. */
function checkedWidths(scope: Scope, x: Tensor, options: NonLocalOptions): { queryWidth: number; valueWidth: number } {
  const refuse = (problem: string): never => {
    throw new GraphError(`nonLocal at ${scope.path}, of x ${x}: ${problem}`);
  };
  const { pairwise, output = true, gate, spectralNorm = false } = options;
  if (x.dtype !== 'float32' || x.rank < 3 || x.rank > 5) {
    refuse('expected a float32 grid [N,C,L], [N,C,H,W] or [N,C,T,H,W]. Reshape x to one of these.');
  }
  if (pairwise === 'gaussian' && options.queryDivisor !== undefined) {
    refuse(
      `queryDivisor is ${options.queryDivisor}, but "gaussian" compares x itself and has no queries to make narrower. ` +
        'Leave queryDivisor out, or choose "embeddedGaussian".',
    );
  }
  if (pairwise === 'concatenation' && options.scaled === true) {
    refuse('scaled is for products of queries and keys, and "concatenation" has none. Leave scaled out.');
  }
  if (gate === 'zeroConvolution' && !output) {
    refuse(
      '"zeroConvolution" is an output convolution that starts at 0, and output is false. Choose the gate "scalar".',
    );
  }
  if (gate === 'zeroConvolution' && spectralNorm !== false) {
    refuse(
      'spectralNorm divides by the largest singular value, which is 0 in the weight of a "zeroConvolution". ' +
        'Choose the gate "scalar", or leave spectralNorm out.',
    );
  }
  const { queryDivisor = pairwise === 'gaussian' ? 1 : 2, valueDivisor = output ? 2 : 1 } = options;
  if (!output && valueDivisor !== 1) {
    refuse(
      `valueDivisor is ${valueDivisor} and output is false, but what is added to x must have its channels. ` +
        'Leave valueDivisor out, or keep the output convolution.',
    );
  }
  const channels = extent(x, 1);
  const divided = (name: string, divisor: number) => {
    const width = channels / divisor;
    if (Number.isInteger(width) && width > 0) return width;
    const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((d) => channels % d === 0);
    return refuse(
      `${name} is ${divisor}, which does not divide the ${channels} channels; expected one of ${divisors.join(', ')}. ` +
        `Set ${name} to one of these, or give x another number of channels.`,
    );
  };
  return { queryWidth: divided('queryDivisor', queryDivisor), valueWidth: divided('valueDivisor', valueDivisor) };
}
