/** Constant folding: what depends on no input is computed once, when the program is compiled. */

import { flopsOf } from '../ir/cost.ts';
import { totalBytes } from '../ir/memory.ts';
import type { Tensor } from '../ir/tensor.ts';
import { allocate, sizeOf } from '../ir/tensor-data.ts';
import { constant } from '../ops/constant.ts';
import { interpret } from '../reference/interpret.ts';
import { type Pass, rewriteNodes, withInputs } from './pass.ts';
import { countReaders } from './readers.ts';

/** About what a node itself takes in a file, with its names: a constant of this size costs nothing. */
const freeBytes = 512;

/** The interpreter is slow, and nobody should wait for it. */
const mostOperations = 2 ** 20;

/**
 * Nodes whose operands are all constants become constants, computed by the interpreter in float64 and rounded once to
 * their dtype: no less exact than the node was. What would make the file larger stays, such as a broadcast to an image.
 */
export const foldConstants: Pass = {
  name: 'fold-constants',
  summary: 'what depends on constants alone is computed once, before the first run',
  devices: ['cpu', 'webgpu', 'wasm'],
  apply(program) {
    const readers = countReaders(program);
    const pays = (node: Tensor) => {
      const freed = new Set(node.inputs.filter((x) => readers.get(x) === 1));
      return totalBytes([node]) <= Math.max(freeBytes, totalBytes(freed)) && flopsOf(node) <= mostOperations;
    };
    return rewriteNodes(program, (node, inputs) => {
      const isConstant = inputs.length > 0 && inputs.every((x) => x.op.name === 'constant');
      return isConstant && pays(node)
        ? { tensor: evaluated(withInputs(node, inputs)), change: 'a constant' }
        : undefined;
    });
  },
};

function evaluated(node: Tensor): Tensor {
  const { dtype, shape } = node;
  const data = allocate(dtype, sizeOf(shape));
  data.set(interpret([node], {})[0]?.data ?? []);
  return constant({ dtype, shape, data });
}
