/**
 * Biases, gains and shifts of a map, gathered: sums of them are taken of a number a channel, not of a map, and a gain is
 * multiplied into the kernel that makes the map. Each saves a pass over the map, which may be as large as the cache.
 */

import { topologicalOrder } from '../ir/graph.ts';
import { apply, type Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { add, mul } from '../ops/elementwise.ts';
import { reshape } from '../ops/shape.ts';
import { type Pass, rewriteNodes } from './pass.ts';
import { countReaders } from './readers.ts';

/** The value map · gain + shift; gain and shift are [C] or [N,C,1,1], where they are there. */
interface AffineMap {
  readonly map: Tensor;
  readonly gain?: Tensor | undefined;
  readonly shift?: Tensor | undefined;
  /** The map times a gain [C], made by another kernel. */
  readonly scaled?: ((gain: Tensor) => Tensor | undefined) | undefined;
}

interface Gathered {
  readonly form: AffineMap;
  /** Whether the form takes fewer passes over the map than the node and its operands. */
  readonly isShorter: boolean;
}

/**
 * (x + b)·s + t becomes x·s + (b·s + t), and (x ∗ w)·s becomes x ∗ (w·s), so that batch norm with running statistics is part
 * of the convolution before it. Only values that nobody else reads are taken apart.
 */
export const affineMaps: Pass = {
  name: 'affine-maps',
  summary: 'biases, gains and shifts of a map become one of each, and gains a part of kernels',
  devices: ['cpu', 'webgpu', 'wasm'],
  apply(program) {
    const readers = countReaders(program);
    const isAlone = (node: Tensor | undefined) => node !== undefined && readers.get(node) === 1;
    const forms = new Map<Tensor, AffineMap>();
    const formOf = (old: Tensor, map: Tensor): AffineMap => {
      if (!isAlone(old)) return { map };
      return forms.get(old) ?? { map, scaled: isAlone(old.inputs[1]) ? (gain) => withGain(map, gain) : undefined };
    };
    return rewriteNodes(program, (node, inputs) => {
      if (node.rank !== 4 || node.dtype !== 'float32') return undefined;
      const operands = node.inputs.map((old, i) => formOf(old, inputs[i] ?? old));
      const gathered = gatherings[node.op.name]?.(node, operands);
      if (gathered === undefined) return undefined;
      forms.set(node, gathered.form);
      return gathered.isShorter ? { tensor: written(gathered.form), change: 'one with its operands' } : undefined;
    });
  },
};

type Gathering = (node: Tensor, operands: readonly AffineMap[]) => Gathered | undefined;

const gatherings: Readonly<Record<string, Gathering>> = {
  add(node, operands) {
    const found = mapAndNumbers(node, operands);
    return found ? withShift(found.x, found.numbers) : sumOfMaps(node, operands);
  },
  mul(node, operands) {
    const found = mapAndNumbers(node, operands);
    if (found === undefined) return undefined;
    const { x, numbers: factor } = found;
    const shift = x.shift && combined(mul, x.shift, factor);
    const map = factor.rank === 1 ? x.scaled?.(factor) : undefined;
    return map === undefined
      ? { form: { map: x.map, gain: combined(mul, x.gain, factor), shift }, isShorter: x.gain !== undefined }
      : { form: { map, shift }, isShorter: true };
  },
  upsample(node, [x]) {
    if (x === undefined) return undefined;
    const upsampled = (map: Tensor) => apply(node.op, [map], node.attributes);
    const scaled = (gain: Tensor) => {
      const map = x.scaled?.(gain);
      return map && upsampled(map);
    };
    return { form: { ...x, map: upsampled(x.map), scaled }, isShorter: false };
  },
};

function withShift(x: AffineMap, term: Tensor): Gathered {
  return { form: { ...x, shift: combined(add, x.shift, term) }, isShorter: x.shift !== undefined };
}

/** (x + b) + (y + c) as (x + y) + (b + c). */
function sumOfMaps(node: Tensor, [a, b]: readonly AffineMap[]): Gathered | undefined {
  const isWhole = (x: AffineMap | undefined) => x?.gain === undefined && x?.map.shape.join() === node.shape.join();
  if (a === undefined || b === undefined || !isWhole(a) || !isWhole(b)) return undefined;
  const shift = b.shift === undefined ? a.shift : combined(add, a.shift, b.shift);
  const scaled = (gain: Tensor) => {
    const [first, second] = [a.scaled?.(gain), b.scaled?.(gain)];
    return first && second && add(first, second);
  };
  // By itself no shorter: a convolution adds its bias for nothing, and an upsampled map had less to add it to.
  return { form: { map: add(a.map, b.map), shift, scaled }, isShorter: false };
}

/** Which operand of a sum or product is the map, and which a number a channel of it, if that is what they are. */
function mapAndNumbers(node: Tensor, [a, b]: readonly AffineMap[]): { x: AffineMap; numbers: Tensor } | undefined {
  if (a === undefined || b === undefined) return undefined;
  for (const [x, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const numbers = perChannel(other.map, node);
    if (numbers !== undefined && x.map.shape.join() === node.shape.join()) return { x, numbers };
  }
  return undefined;
}

/** A number for each channel of a map, as [C], or for each of each image, as [N,C,1,1]. */
function perChannel(numbers: Tensor, { shape: [batch = 0, channels = 0, ...spatial] }: Tensor): Tensor | undefined {
  const shape = numbers.shape.join();
  if (sizeOf(spatial) === 1) return undefined;
  if (shape === `${channels},1,1` || shape === `1,${channels},1,1`) {
    const source = numbers.op.name === 'reshape' ? numbers.inputs[0] : undefined;
    return source?.shape.join() === `${channels}` ? source : reshape(numbers, [channels]);
  }
  return shape === `${batch},${channels},1,1` ? numbers : undefined;
}

function combined(op: typeof add, a: Tensor | undefined, b: Tensor): Tensor {
  if (a === undefined) return b;
  return a.rank === b.rank ? op(a, b) : op(overMap(a), overMap(b));
}

function written({ map, gain, shift }: AffineMap): Tensor {
  const scaled = gain === undefined ? map : mul(map, overMap(gain));
  return shift === undefined ? scaled : add(scaled, overMap(shift));
}

/** In a shape that broadcasts to a map. */
function overMap(numbers: Tensor): Tensor {
  return numbers.rank === 1 ? reshape(numbers, [...numbers.shape, 1, 1]) : numbers;
}

/**
 * The result of a convolution times a gain, by a kernel with the gain in it. Undefined for other values, and for a gain
 * that changes with the map: a kernel should depend on parameters alone, and so be the same from run to run.
 */
function withGain({ op, inputs: [x, w], attributes }: Tensor, gain: Tensor): Tensor | undefined {
  const isConvolution = (op.name === 'conv' || op.name === 'convTranspose') && attributes.groups === 1;
  if (!isConvolution || x === undefined || w === undefined || haveCommonInput(x, gain)) return undefined;
  const outputs = reshape(gain, op.name === 'conv' ? [-1, 1, 1, 1] : [1, -1, 1, 1]);
  return apply(op, [x, mul(w, outputs)], attributes);
}

function haveCommonInput(a: Tensor, b: Tensor): boolean {
  const isInput = ({ op }: Tensor) => op.name === 'input';
  const ofB = new Set(topologicalOrder([b]).filter(isInput));
  return topologicalOrder([a]).some((node) => ofB.has(node));
}
