/** Matrix products. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Tensor } from '../ir/tensor.ts';
import { isFloat } from '../ir/tensor-data.ts';
import { broadcastShapes, sumTo } from './broadcast.ts';

interface MatmulAttributes extends Record<string, boolean> {
  transposeA: boolean;
  transposeB: boolean;
}

/** Rows and columns of a matrix, after its transpose flag. */
function sides(x: Tensor, transposed: boolean): [number, number] {
  const [rows, columns] = [x.shape.at(-2) ?? 0, x.shape.at(-1) ?? 0];
  return transposed ? [columns, rows] : [rows, columns];
}

/** The permutation that swaps the last two axes. */
export function swapLastTwo(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
}

const matmulOp = defineOp<MatmulAttributes>({
  name: 'matmul',
  infer: ([a, b], { transposeA, transposeB }) => {
    if (a === undefined || !isFloat(a.dtype) || a.dtype !== b?.dtype || a.rank < 2 || b.rank < 2) {
      throw new GraphError('expects two float32 or two float64 tensors of rank 2 or more');
    }
    const [rows, innerA] = sides(a, transposeA);
    const [innerB, columns] = sides(b, transposeB);
    if (innerA !== innerB) throw new GraphError(`inner extents differ: ${innerA} and ${innerB}`);
    return { dtype: a.dtype, shape: [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns] };
  },
  derivative: ({ inputs: [a, b], cotangent: g, attributes: { transposeA, transposeB }, needs }) => {
    if (a === undefined || b === undefined) return [];
    // d(op(A)) = g·op(B)ᵀ and d(op(B)) = op(A)ᵀ·g, each transposed back if its input was.
    const ofA = () =>
      transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeB: !transposeB });
    const ofB = () =>
      transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g, { transposeA: !transposeA });
    return [needs[0] ? sumTo(ofA(), a.shape) : undefined, needs[1] ? sumTo(ofB(), b.shape) : undefined];
  },
  lower: (lowering, node, { transposeA, transposeB }) => {
    const operands = node.inputs.map((x, i) => ({
      x,
      name: lowering.name(x),
      flip: i === 0 ? transposeA : transposeB,
    }));
    if (lowering.device === 'cpu' && (transposeA || transposeB)) {
      return lowering.emit(
        'FusedMatMul',
        operands.map(({ name }) => name),
        { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
        'com.microsoft',
      );
    }
    const upright = operands.map(({ x, name, flip }) =>
      flip ? lowering.emit('Transpose', [name], { perm: swapLastTwo(x.rank) }) : name,
    );
    return lowering.emit('MatMul', upright);
  },
});

/** A·B over the last two axes, the others broadcast. The flags transpose a factor's last two axes first. */
export function matmul(
  a: Tensor,
  b: Tensor,
  flags: { readonly transposeA?: boolean; readonly transposeB?: boolean } = {},
): Tensor {
  return apply(matmulOp, [a, b], { transposeA: flags.transposeA ?? false, transposeB: flags.transposeB ?? false });
}
