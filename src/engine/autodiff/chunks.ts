/**
 * Computing something large in chunks, one after another, so that what lies between operands and result is there for one
 * chunk at a time: in the derivative, which computes it again, and in derivatives of that as well.
 */

import { GraphError } from '../../base/errors.ts';
import { extent, type Tensor } from '../ir/tensor.ts';
import { add, after, concat, reshape, slice, sliceAxis } from '../ops/index.ts';
import { pullBack, setDerivative } from './grad.ts';

/** What a computation takes, or makes: along `axis` it is cut into chunks; without one every chunk takes all of it. */
export interface Chunked {
  readonly tensor: Tensor;
  readonly axis?: number | undefined;
}

type Axis = number | undefined;
type Body = (parts: readonly Tensor[]) => readonly Tensor[];

/**
 * `body` of all operands, computed in chunks of `size` elements (the last may have fewer) and joined along `axis`.
 *
 * `body` is given a part of each operand, in their order, and must depend on nothing else that a gradient could reach.
 * Throws GraphError if it does, or if the operands are cut into different numbers.
 */
export function inChunks(
  operands: readonly Chunked[],
  { size, axis }: { readonly size: number; readonly axis: number },
  body: (parts: readonly Tensor[]) => Tensor,
): Tensor {
  const extents = new Set(operands.flatMap(({ tensor, axis: cut }) => (cut === undefined ? [] : extent(tensor, cut))));
  const [length = 0] = extents;
  if (extents.size !== 1 || !(size >= 1)) {
    throw new GraphError(`inChunks: cannot cut ${[...extents].join(' and ')} elements into chunks of ${size}.`);
  }
  const tensors = operands.map(({ tensor }) => tensor);
  if (size >= length) return body(tensors);
  const bounds = Array.from({ length: Math.ceil(length / size) }, (_, i) => ({
    start: i * size,
    end: Math.min(length, (i + 1) * size),
  }));
  const [result] = loop(operands, [axis], bounds, (parts) => {
    const made = body(parts);
    refuseOthers(made, new Set(parts));
    return [made];
  });
  if (result === undefined) throw new GraphError('inChunks: nothing was computed.');
  return result;
}

/** Results without an axis are summed over the chunks. */
function loop(
  operands: readonly Chunked[],
  resultAxes: readonly Axis[],
  bounds: readonly { readonly start: number; readonly end: number }[],
  body: Body,
): Tensor[] {
  const pieces: Tensor[][] = resultAxes.map(() => []);
  let finished: Tensor | undefined;
  for (const { start, end } of bounds) {
    const parts = operands.map(({ tensor, axis }) => {
      if (axis === undefined) return tensor;
      const part = sliceAxis(tensor, axis, start, end);
      return finished === undefined ? part : after(part, finished);
    });
    for (const [r, made] of body(parts).entries()) {
      const [total] = pieces[r] ?? [];
      if (resultAxes[r] === undefined) pieces[r] = [total === undefined ? made : add(total, made)];
      else pieces[r]?.push(made);
    }
    finished = signalOf(pieces.flatMap((made) => made.slice(-1)));
  }
  const results = pieces.map((made, r) => concat(made, resultAxes[r] ?? 0));
  setDerivative({
    results,
    operands: operands.map(({ tensor }) => tensor),
    rule: (cotangents, needs) => {
      const given = cotangents.flatMap((tensor, r) => (tensor === undefined ? [] : { tensor, axis: resultAxes[r], r }));
      const start = signalOf(given.map(({ tensor }) => tensor));
      // Without this the runtime would see the first computation once more and keep its parts.
      const again = operands.map(({ tensor, axis }) => ({ tensor: after(tensor, start), axis }));
      const wanted = operands.flatMap(({ axis }, i) => (needs[i] === true ? { i, axis } : []));
      const gradients = loop(
        [...again, ...given],
        wanted.map(({ axis }) => axis),
        bounds,
        (parts) => {
          const made = body(parts.slice(0, operands.length));
          const weighed = given.flatMap(({ r }, i): (readonly [Tensor, Tensor])[] => {
            const [output, cotangent] = [made[r], parts[operands.length + i]];
            return output === undefined || cotangent === undefined ? [] : [[output, cotangent]];
          });
          return pullBack(
            weighed,
            wanted.flatMap(({ i }) => parts[i] ?? []),
          );
        },
      );
      return operands.map((_, i) => gradients[wanted.findIndex((one) => one.i === i)]);
    },
  });
  return results;
}

/** A scalar that is there when all of `tensors` are. */
function signalOf(tensors: readonly Tensor[]): Tensor {
  const corners = tensors.map((tensor) =>
    reshape(
      slice(
        tensor,
        [],
        tensor.shape.map(() => 1),
      ),
      [],
    ),
  );
  return corners.reduce((a, b) => add(a, b));
}

/** Throws GraphError if `result` depends on an input of the program other than through `parts`. */
function refuseOthers(result: Tensor, parts: ReadonlySet<Tensor>): void {
  const seen = new Set(parts);
  const stack = [result];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node) || (node.op.derivative === 'none' && node.op.name !== 'input')) continue;
    seen.add(node);
    if (node.op.name === 'input') {
      throw new GraphError(
        `inChunks: the body depends on the input "${node.attributes.name}", no gradient would reach it.`,
      );
    }
    stack.push(...node.inputs);
  }
}
