import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetFrom } from '../data/index.ts';
import { openRuntime, type State } from '../engine/index.ts';
import { findModel, losses } from '../gan/index.ts';
import { Trainer } from './trainer.ts';

const adam = { learningRate: 1e-3, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
const runtime = await openRuntime({ threads: 1 });

function createTrainer(learningRateFactor: number): Promise<Trainer> {
  return Trainer.create({
    model: findModel('sagan').bind(
      { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [] },
      { resolution: 32, channels: 1, classes: 0 },
    ),
    loss: losses.hinge,
    batch: 2,
    discriminatorSteps: 1,
    generatorOptimizer: adam,
    discriminatorOptimizer: adam,
    ema: { decay: 0.9, startStep: 0 },
    dataset: datasetFrom({
      name: 'noise',
      images: Uint8Array.from({ length: 16 * 32 * 32 }, (_, i) => (i * 7919) % 256),
      channels: 1,
      resolution: 32,
    }),
    seed: 1,
    runtime,
    learningRateFactor,
  });
}

test('a branch draws its own images and latents, and the same ones again', async () => {
  const trainer = await createTrainer(1);
  await trainer.advance();
  const state = await trainer.snapshot();
  const lossIn = async (branch: number) => {
    trainer.goTo({ step: 1, state, branch });
    assert.deepEqual([trainer.step, trainer.imagesSeen, trainer.branch], [1, 2, branch]);
    return (await trainer.advance()).lossD;
  };
  const first = [await lossIn(0), await lossIn(1), await lossIn(2)];
  assert.equal(new Set(first).size, 3);
  assert.deepEqual([await lossIn(0), await lossIn(1), await lossIn(2)], first);
});

test('the learning rates of a branch are smaller by the factor, to the power of its number', async () => {
  const trainer = await createTrainer(0.1);
  const before = await trainer.snapshot();
  const moved = (after: State, network: string) =>
    [...after].reduce((most, [name, { data }]) => {
      const start = before.get(name)?.data;
      if (!name.startsWith(`${network}.`) || !name.endsWith('weight')) return most;
      return [...data].reduce((larger, value, i) => Math.max(larger, Math.abs(value - (start?.[i] ?? 0))), most);
    }, 0);
  for (const branch of [0, 1, 2]) {
    trainer.goTo({ step: 0, branch });
    await trainer.advance();
    const after = await trainer.snapshot();
    // Adam's first step is the learning rate, whatever the gradient.
    for (const network of ['G', 'D']) {
      const expected = adam.learningRate * 0.1 ** branch;
      assert.ok(Math.abs(moved(after, network) / expected - 1) < 0.02, `${network} in branch ${branch}`);
    }
  }
});
