import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelRows } from '../../test/tables/models.ts';
import { openRuntime, relu, reshape, type Tensor, type TensorData } from '../engine/index.ts';
import { batchNorm, linear, type Scope } from '../nn/index.ts';
import { type BoundModel, findModel, samplingStatistics, traceSampler, traceStandingStatistics } from './index.ts';

const pairs = (generator: (scope: Scope, z: Tensor) => Tensor): BoundModel => ({
  ...findModel('sagan').bind({ attentionAt: [] }, { resolution: 32, channels: 1, classes: 0 }),
  latentDim: 2,
  generator,
});
const tensor = (shape: readonly number[], ...data: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

test('the statistics of a chain of linear layers are those computed by hand', async () => {
  const chain = pairs((scope, z) => {
    const first = scope.at('first', (s) => batchNorm(s, z, { epsilon: 0 }));
    const middle = scope.at('middle', (s) => linear(s, first, 2));
    return scope.at('second', (s) => batchNorm(s, middle, { epsilon: 0 }));
  });
  const program = await (await openRuntime({ threads: 1 })).compile(
    traceStandingStatistics(chain, { batch: 4, network: 'G' }),
  );
  const statistics = await program.compute({
    z: tensor([4, 2], 1, 0, 3, 0, 1, 4, 3, 4),
    'G.first.gain': tensor([2], 2, 3),
    'G.first.bias': tensor([2], 1, -1),
    'G.middle.weight': tensor([2, 2], 1, 1, 2, 0),
    'G.middle.bias': tensor([2], 5, 0),
  });
  // The first norm makes every row (±1, ±1), then (1 ± 2, −1 ± 3); the middle (5 ± 2 ± 3, 2 ± 4).
  assert.deepEqual(
    new Map(Object.entries(statistics).map(([name, { data }]) => [name, [...data]])),
    new Map([
      ['G.first.mean', [2, 2]],
      ['G.first.variance', [1, 4]],
      ['G.second.mean', [5, 2]],
      ['G.second.variance', [13, 16]],
    ]),
  );
});

test('every running statistic of every model has its batch statistic; a generator without any is refused', () => {
  for (const { name, small } of modelRows) {
    const model = findModel(name).bind(small.options, small.images);
    const running = traceSampler(model, { batch: 2 }).variables.filter(({ name }) => /\.(mean|variance)$/.test(name));
    const trace = () => traceStandingStatistics(model, { batch: 2 });
    if (running.length === 0) assert.throws(trace, /has no batch norm with running statistics/, name);
    else {
      const shapes = [...trace().outputs].map(([output, { shape }]) => `${output} ${shape}`);
      assert.deepEqual(shapes.sort(), running.map(({ name, shape }) => `${name} ${shape}`).sort());
    }
  }
  const without = [
    pairs((_, z) => relu(z)),
    pairs((scope, z) => reshape(batchNorm(scope, z, { batchStatisticsOnly: true }), [-1])),
  ];
  for (const model of without) {
    assert.throws(() => traceStandingStatistics(model, { batch: 2 }), /the generator of sagan has no batch norm with/);
  }
  const kept = pairs((scope, z) => reshape(batchNorm(scope, z), [-1]));
  assert.deepEqual([...without, kept].map(samplingStatistics), ['none', 'batch', 'running']);
});
