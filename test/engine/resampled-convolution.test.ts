import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averagePool, conv2d, grad, interpret, type Tensor, upsample } from '../../src/engine/index.ts';
import { opSamples } from '../tables/ops.ts';
import { buildSample, sampleValues } from '../tables/sample.ts';
import { float32ConstantTolerance } from './tolerances.ts';

const longWays: Readonly<Record<string, (x: Tensor, weight: Tensor, padding: number) => Tensor>> = {
  upsampledConv2d: (x, weight, padding) => conv2d(upsample(x), weight, { padding }),
  pooledConv2d: (x, weight, padding) => averagePool(conv2d(x, weight, { padding }), 2),
};

for (const [op, longWay] of Object.entries(longWays)) {
  test(`${op} equals the two ops that it stands for, and so do its gradients`, () => {
    for (const sample of opSamples[op] ?? []) {
      const { inputs, output } = buildSample(sample);
      const { x, weight } = inputs;
      assert.ok(x !== undefined && weight !== undefined);
      const expected = longWay(x, weight, ((weight.shape[2] ?? 0) - 1) / 2);
      assert.equal(String(output), String(expected), sample.name);
      const all = [output, ...grad(output, [x, weight]), expected, ...grad(expected, [x, weight])];
      const results = interpret(all, sampleValues(sample));
      for (const [i, short] of results.slice(0, 3).entries()) {
        for (const [j, value] of short.data.entries()) {
          const difference = Math.abs(value - (results[i + 3]?.data[j] ?? Number.NaN));
          assert.ok(difference <= float32ConstantTolerance * 10, `${sample.name}: off by ${difference}`);
        }
      }
    }
  });
}
