import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime } from '../../src/engine/index.ts';
import { mergeSamples, misfits } from './merged-graph.ts';
import { float32Tolerance } from './tolerances.ts';

const merged = mergeSamples();

for (const graphOptimizationLevel of ['all', 'extended', 'disabled'] as const) {
  test(`ONNX Runtime agrees with the interpreter on every op and gradient, optimisation ${graphOptimizationLevel}`, async () => {
    const runtime = await openRuntime({ threads: 1, graphOptimizationLevel });
    const program = await runtime.compile(merged.graph);
    const results = await program.compute(merged.feeds);
    assert.deepEqual(misfits(results, merged.expected, float32Tolerance), []);
  });
}
