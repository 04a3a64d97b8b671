import assert from 'node:assert/strict';
import { test } from 'node:test';
import { midCourse } from '../../test/tables/models.ts';
import { Random } from '../base/random.ts';
import { gather, graph, input, openRuntime, type Tensor, type TensorData } from '../engine/index.ts';
import { type BoundModel, findModel, traceSampler } from '../gan/index.ts';
import { batchNorm, type Scope, Variables } from '../nn/index.ts';
import { Generator } from './generator.ts';
import { latents } from './latents.ts';
import { standingStatistics } from './standing-statistics.ts';

const runtime = await openRuntime({ threads: 1 });
const sagan = findModel('sagan').bind(
  { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [8] },
  { resolution: 32, channels: 1, classes: 3 },
);
const state = new Map(Object.entries(midCourse(traceSampler(sagan, { batch: 1 }).variables)));
const options = { accumulations: 2, batch: 4, seed: 6 };

/** A generator that is one batch norm, of `values`; sagan in name only. */
const normOf = (values: (z: Tensor, labels: Tensor) => Tensor, distribution: BoundModel['latents'] = 'normal') =>
  ({
    ...sagan,
    latents: distribution,
    generator: (scope: Scope, z: Tensor, labels: Tensor) => scope.at('norm', (s) => batchNorm(s, values(z, labels))),
  }) satisfies BoundModel;

const vector = (...data: number[]): TensorData => ({ dtype: 'float32', shape: [4], data: Float32Array.from(data) });
const stateOfNorm = new Map(
  ['gain', 'bias', 'mean', 'variance'].map((name) => [`ema.G.norm.${name}`, vector(9, 9, 9, 9)] as const),
);

test('statistics are the means over the batches of the mean and the biased variance of latents like the samples', async () => {
  for (const [distribution, narrowing] of [
    ['normal', {}],
    ['normal', { truncation: 0.5 }],
    ['uniform', { scale: 0.3 }],
  ] as const) {
    const model = normOf((z) => z, distribution);
    const made = await standingStatistics(runtime, model, stateOfNorm, { ...options, accumulations: 3, ...narrowing });
    const z = latents(6, 12, model, { ...narrowing, stream: 'standing latents' });
    for (let channel = 0; channel < 4; channel++) {
      const batches = [0, 1, 2].map((batch) => {
        const values = [0, 1, 2, 3].map((i) => z[(batch * 4 + i) * 4 + channel] ?? Number.NaN);
        const mean = values.reduce((sum, x) => sum + x, 0) / 4;
        return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4 };
      });
      for (const statistic of ['mean', 'variance'] as const) {
        const expected = batches.reduce((sum, batch) => sum + batch[statistic], 0) / 3;
        const seen = made.get(`ema.G.norm.${statistic}`)?.data[channel] ?? Number.NaN;
        assert.ok(Math.abs(seen - expected) < 1e-6, `${statistic} ${seen}, expected ${expected}`);
      }
    }
    assert.equal(made.get('ema.G.norm.gain'), stateOfNorm.get('ema.G.norm.gain'));
    assert.deepEqual([...made.keys()], [...stateOfNorm.keys()]);
  }
});

test('labels are uniform over the classes', async () => {
  const oneHot = input('oneHot', 'float32', [3, 4]);
  const model = normOf((_, labels) => gather(oneHot, labels));
  const table: TensorData = {
    dtype: 'float32',
    shape: [3, 4],
    data: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0),
  };
  const count = 64 * 50;
  const made = await standingStatistics(runtime, model, new Map([...stateOfNorm, ['oneHot', table]]), {
    accumulations: 50,
    batch: 64,
    seed: 1,
  });
  const shares = [...(made.get('ema.G.norm.mean')?.data ?? [])];
  for (const share of shares.slice(0, 3)) {
    assert.ok(Math.abs(share - 1 / 3) < 4 * Math.sqrt(2 / 9 / count), `shares ${shares}`);
  }
  assert.equal(shares[3], 0);
});

test('sampling with the statistics of one batch makes the images that training made of it', async () => {
  // The same nodes for the same bits: passes see two programs in sampling and training.
  const plain = await openRuntime({ threads: 1, passes: 'none' });
  const z = latents(6, 4, sagan, { truncation: 1, stream: 'standing latents' });
  const labels = new Random(6, 'standing labels').integers(4, 3);
  const generator = await Generator.open(plain, sagan, state, {
    standingStatistics: { ...options, accumulations: 1, truncation: 1 },
  });
  const { images } = await generator.generate(z, labels);
  const scope = new Variables().scope('ema.G', { training: true, updates: false });
  const inTraining = sagan.generator(scope, input('z', 'float32', [4, 4]), input('labels', 'int32', [4]));
  const program = await plain.compile(graph('inTraining', [['images', inTraining]]));
  const { images: expected } = await program.compute({
    ...Object.fromEntries(state),
    z: { dtype: 'float32', shape: [4, 4], data: z },
    labels: { dtype: 'int32', shape: [4], data: labels },
  });
  assert.deepEqual(images, expected?.data);
  const running = await (await Generator.open(plain, sagan, state)).generate(z, labels);
  assert.notDeepEqual(running.images, images);
});

test('statistics are the same bits twice, and those of another seed, truncation or number of batches are others', async () => {
  const take = async (changes: object) => {
    const made = await standingStatistics(runtime, sagan, state, { ...options, ...changes });
    return [...made].filter(([name]) => /\.(mean|variance)$/.test(name)).map(([, { data }]) => data);
  };
  const first = await take({});
  assert.deepEqual(await take({}), first);
  for (const changes of [{ seed: 7 }, { accumulations: 3 }, { truncation: 0.5 }, { scale: 0.5 }]) {
    assert.notDeepEqual(await take(changes), first);
  }
});

test('no batches, and a generator without running statistics, are refused', async () => {
  for (const name of ['accumulations', 'batch']) {
    await assert.rejects(
      standingStatistics(runtime, sagan, state, { ...options, [name]: 0 }),
      new RegExp(`${name} is 0; expected a whole number of 1 or more`),
    );
  }
  const plain: BoundModel = { ...sagan, generator: (_, z) => z };
  await assert.rejects(standingStatistics(runtime, plain, state, options), /has no batch norm with running statistics/);
});
