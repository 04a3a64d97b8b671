/** Float64 matrices on the engine. */

import type { Graph, Runtime, TensorData } from '../../engine/index.ts';

/**
 * The size that a matrix of at least `size` rows is padded to: a program is kept with its memory for as long as the runtime
 * is, so there must be few, whatever ranks come.
 */
export function paddedSize(size: number): number {
  const large = 512;
  return size > large ? Math.ceil(size / large) * large : 2 ** Math.ceil(Math.log2(Math.max(size, 1)));
}

/** The output `result`, float64, of a program whose inputs are float64. */
export async function compute64(
  runtime: Runtime,
  graph: Graph,
  inputs: Readonly<Record<string, Float64Array>>,
): Promise<Float64Array> {
  const program = await runtime.compile(graph);
  const feeds = [...graph.inputs].map(([name, { shape }]) => {
    return [name, { dtype: 'float64', shape, data: inputs[name] ?? new Float64Array() }] as const;
  });
  return float64Data((await program.compute(Object.fromEntries(feeds))).result);
}

/** The numbers of a tensor that is float64. */
export function float64Data(tensor: TensorData | undefined): Float64Array {
  if (!(tensor?.data instanceof Float64Array)) {
    throw new TypeError(`expected a float64 tensor, got ${tensor?.dtype ?? 'none'}.`);
  }
  return tensor.data;
}
