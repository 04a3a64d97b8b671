/**
 * The memory of a process that computes attention and its derivatives, measured beside its estimate:
 *
 *     npx tsx test/memory/attention.ts '{"side": 64, "order": 1, "largestMapBytes": 67108864}'
 *
 * It must be a process of its own, because a process never forgets its peak.
 */

import { add, grad, graph, input, openRuntime, square, sum, type TensorData } from '../../src/engine/index.ts';
import { memoryOf } from '../../src/engine/ir/memory.ts';
import { allocate, sizeOf } from '../../src/engine/ir/tensor-data.ts';
import { nonLocal, Variables } from '../../src/nn/index.ts';

/** Two images of side × side positions and as many keys, derivatives up to the order, and the largest map that is kept. */
export interface MeasuredAttention {
  readonly side: number;
  readonly order: 0 | 1 | 2;
  readonly largestMapBytes: number;
}

export interface AttentionMemory {
  readonly mapBytes: number;
  /** The largest resident set so far, after one run. */
  readonly measuredBytes: number;
  /** Of the values of the run, without the process around them. */
  readonly estimatedBytes: number;
}

const { side, order, largestMapBytes }: MeasuredAttention = JSON.parse(process.argv[2] ?? '');
const variables = new Variables();
const x = input('x', 'float32', [2, 8, side, side]);
const scope = variables.scope('L', { training: true });
let outputs = [nonLocal(scope, x, { gate: 'none', largestMapBytes })];
for (let i = 0; i < order; i++) {
  const size = outputs.map((output) => sum(square(output))).reduce((a, b) => add(a, b));
  outputs = grad(size, [x, ...variables.below('L').values()]);
}
const named = outputs.map((output, i) => [`${i}`, output] as const);
const program = graph('attention', named);
const half = ({ dtype, shape }: Pick<TensorData, 'dtype' | 'shape'>): TensorData => {
  const data = allocate(dtype, sizeOf(shape)).fill(0.5);
  return { dtype, shape, data };
};
const feeds = Object.fromEntries([...program.inputs].map(([name, tensor]) => [name, half(tensor)]));
const runtime = await openRuntime({ threads: 1 });
await (await runtime.compile(program)).compute(feeds);
const memory: AttentionMemory = {
  mapBytes: 2 * 4 * side ** 4,
  measuredBytes: process.resourceUsage().maxRSS * 1024,
  estimatedBytes: memoryOf(program).peakBytes,
};
console.log(JSON.stringify(memory));
