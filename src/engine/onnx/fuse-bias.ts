/** Convolution plus a number a channel: one ONNX node, because Conv takes a bias and a sum of its own reads every pixel again. */

import type { Tensor } from '../ir/tensor.ts';
import type { OnnxNode } from './lower.ts';

/** True for `add(convolution, reshape(bias, [C,1,1]))` with a bias [C] for the C channels of a plane. */
export function isBiasedConvolution({ op, inputs: [y, bias], shape }: Tensor): boolean {
  const vector = bias?.op.name === 'reshape' ? bias.inputs[0] : undefined;
  const channels = shape[1];
  return (
    op.name === 'add' &&
    (y?.op.name === 'conv' || y?.op.name === 'convTranspose') &&
    y.rank === 4 &&
    y.shape[1] === channels &&
    vector?.shape.join() === `${channels}` &&
    bias?.shape.join() === `${channels},1,1`
  );
}

/**
 * Gives the convolutions behind `sums`, the names of biased convolutions, their bias as a third input, wherever nobody
 * else reads the unbiased result. `outputs` are the names that the graph returns, which must survive.
 */
export function fuseBias(
  nodes: readonly OnnxNode[],
  sums: ReadonlySet<string>,
  outputs: ReadonlySet<string>,
): OnnxNode[] {
  const producers = new Map(nodes.map((node) => [node.output, node]));
  const readers = new Map<string, number>();
  for (const name of nodes.flatMap((node) => node.inputs)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const fused = new Set<OnnxNode>();
  const rewritten = nodes.map((node) => {
    const [unbiased = '', column = ''] = node.inputs;
    const conv = producers.get(unbiased);
    const [bias] = producers.get(column)?.inputs ?? [];
    // A convolution may have been lowered to other nodes, whose last one is no convolution.
    const isConv = conv?.opType === 'Conv' || conv?.opType === 'ConvTranspose';
    if (!sums.has(node.output) || !isConv || bias === undefined) return node;
    if (readers.get(unbiased) !== 1 || outputs.has(unbiased)) return node;
    fused.add(conv);
    // In the place of the sum, where the bias is known to be there already.
    return { ...conv, inputs: [...conv.inputs, bias], output: node.output };
  });
  return rewritten.filter((node) => !fused.has(node));
}
