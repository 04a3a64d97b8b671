/**
 * Computing in chunks, one after another, so that what lies between operands and result is there for one chunk at a time:
 * in the computation, in its derivative, which computes it again, and in the derivatives of that.
 */

import { GraphError } from '../../base/errors.ts';
import { extent, type Tensor } from '../ir/tensor.ts';
import { add, after, concat, reshape, slice, sliceAxis } from '../ops/index.ts';
import { type OwnDerivative, pullBack, setDerivative } from './grad.ts';

/** An operand that is cut into chunks along `axis`; without one every chunk is given all of it. */
export interface Operand {
  readonly tensor: Tensor;
  readonly axis?: number | undefined;
}

export interface Chunks {
  /** Elements a chunk; the last has what is left. */
  readonly size: number;
  /** Along which the results of the chunks are joined. */
  readonly axis: number;
}

/**
 * `body` of the operands, computed in chunks; where one is enough, it is `body` as it stands.
 *
 * `body` is given a part of each operand, in their order, and must depend on nothing else that gradients could reach. All
 * that it makes is computed again for each order of differentiation. Throws GraphError if it depends on more, or if the
 * operands' axes differ in extent.
 */
export function inChunks(
  operands: readonly Operand[],
  { size, axis }: Chunks,
  body: (parts: readonly Tensor[]) => Tensor,
): Tensor {
  const lengths = new Set(operands.flatMap(({ tensor, axis: cut }) => (cut === undefined ? [] : extent(tensor, cut))));
  const [length = 0] = lengths;
  if (lengths.size !== 1 || !(Number.isInteger(size) && size > 0)) {
    const seen = `${[...lengths].join(' and ') || 'no'} elements in chunks of ${size}`;
    throw new GraphError(`inChunks: ${seen}; expected one number of elements for all axes, and a whole size from 1.`);
  }
  if (size >= length) return body(operands.map(({ tensor }) => tensor));
  const starts = Array.from({ length: Math.ceil(length / size) }, (_, i) => i * size);
  const bounds = starts.map((start) => ({ start, end: Math.min(length, start + size) }));
  const checked = (parts: readonly Tensor[]) => {
    const made = body(parts);
    refuseStrangers(made, parts);
    return [made];
  };
  return concat(run({ operands, bounds, resultAxes: [axis], body: checked }), axis); // There is one result.
}

interface Loop {
  readonly operands: readonly Operand[];
  readonly bounds: readonly { readonly start: number; readonly end: number }[];
  /** Along which a result's chunks are joined; without one they are summed. */
  readonly resultAxes: readonly (number | undefined)[];
  body(parts: readonly Tensor[]): readonly Tensor[];
}

function run(loop: Loop): Tensor[] {
  const { operands, bounds, resultAxes } = loop;
  const pieces: Tensor[][] = resultAxes.map(() => []);
  let finished: Tensor | undefined;
  for (const { start, end } of bounds) {
    const parts = operands.map(({ tensor, axis }) => {
      if (axis === undefined) return tensor;
      const part = sliceAxis(tensor, axis, start, end);
      return finished === undefined ? part : after(part, finished);
    });
    for (const [r, piece] of loop.body(parts).entries()) {
      const [sum] = pieces[r] ?? [];
      if (resultAxes[r] === undefined) pieces[r] = [sum === undefined ? piece : add(sum, piece)];
      else pieces[r]?.push(piece);
    }
    finished = signalOf(pieces.flatMap((made) => made.slice(-1)));
  }
  const results = pieces.map((made, r) => concat(made, resultAxes[r] ?? 0));
  const rule: OwnDerivative['rule'] = (cotangents, needs) => gradientsOf(loop, cotangents, needs);
  setDerivative({ results, operands: operands.map(({ tensor }) => tensor), rule });
  return results;
}

/** A cotangent is cut as its result is joined, and a gradient joined as its operand is cut: another loop. */
function gradientsOf(
  { operands, bounds, resultAxes, body }: Loop,
  cotangents: readonly (Tensor | undefined)[],
  needs: readonly boolean[],
): (Tensor | undefined)[] {
  const given = cotangents.flatMap((tensor, r) => (tensor === undefined ? [] : { tensor, axis: resultAxes[r], r }));
  const signal = signalOf(given.map(({ tensor }) => tensor));
  // What did not wait for the cotangents would be the first computation, and be kept since then.
  const again = operands.map(({ tensor, axis }) => ({ tensor: after(tensor, signal), axis }));
  const wanted = operands.flatMap(({ axis }, i) => (needs[i] === true ? { axis, i } : []));
  const gradients = run({
    operands: [...again, ...given],
    bounds,
    resultAxes: wanted.map(({ axis }) => axis),
    body: (parts) => {
      const made = body(parts.slice(0, operands.length));
      const weighed = given.flatMap(({ r }, i): (readonly [Tensor, Tensor])[] => {
        const [result, cotangent] = [made[r], parts[operands.length + i]];
        return result === undefined || cotangent === undefined ? [] : [[result, cotangent]];
      });
      const targets = wanted.flatMap(({ i }) => parts[i] ?? []);
      return pullBack(weighed, targets, new Set(parts));
    },
  });
  return operands.map((_, i) => gradients[wanted.findIndex((one) => one.i === i)]);
}

/** A scalar that is not there before all of `tensors` are. */
function signalOf(tensors: readonly Tensor[]): Tensor {
  const corners = tensors.map((tensor) => {
    const ends = tensor.shape.map(() => 1);
    return reshape(slice(tensor, [], ends), []);
  });
  return corners.reduce((a, b) => add(a, b));
}

/** Throws GraphError if gradients could reach an input of the program from `result` other than through `parts`. */
function refuseStrangers(result: Tensor, parts: readonly Tensor[]): void {
  const seen = new Set(parts);
  const stack = [result];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.op.name === 'input' && node.dtype === 'float32') {
      throw new GraphError(
        `inChunks: the body depends on the input "${node.attributes.name}", which is none of its parts, so that no ` +
          'gradient would reach it. Make it an operand, or stop its gradient.',
      );
    }
    if (node.op.derivative !== 'none') stack.push(...node.inputs);
  }
}
