import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { type Dataset, openDataset } from '../data/index.ts';
import { openRuntime } from '../engine/index.ts';
import { findModel, losses } from '../gan/index.ts';
import { loop } from './loop.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

const temporary = mkdtempSync(join(tmpdir(), 'sagan-trainer-'));
after(() => rmSync(temporary, { recursive: true }));

const folder = join(temporary, 'images');
mkdirSync(folder);
for (let n = 0; n < 7; n++) {
  const raw = Uint8Array.from({ length: 32 * 32 }, (_, i) => (n * 31 + i * (n + 1)) % 256);
  const image = sharp(raw, { raw: { width: 32, height: 32, channels: 1 } });
  writeFileSync(join(folder, `${n}.png`), await image.toColourspace('b-w').png().toBuffer());
}
const { dataset } = await openDataset(folder, { resolution: 32, channels: 1, flip: true, cacheFolder: temporary });
const runtime = await openRuntime({ threads: 1 });
const adam = { learningRate: 1e-3, beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };

interface Start extends Pick<TrainerOptions, 'from' | 'accumulation'> {
  readonly of?: Dataset;
}

function open({ of = dataset, ...start }: Start): Promise<Trainer> {
  return Trainer.create({
    model: findModel('sagan').bind(
      { latentDim: 4, generatorChannels: 4, discriminatorChannels: 4, attentionAt: [] },
      { resolution: 32, channels: 1, classes: 0 },
    ),
    loss: losses.hinge,
    batch: 4,
    discriminatorSteps: 2,
    generatorOptimizer: adam,
    discriminatorOptimizer: adam,
    ema: { decay: 0.9, startStep: 1 },
    dataset: of,
    seed: 3,
    runtime,
    ...start,
  });
}

async function stateAfter(steps: number, start: Start = {}, pause = () => Promise.resolve()) {
  const trainer = await open(start);
  for await (const event of loop(trainer, { steps, sampleEverySteps: 99, checkpointEverySteps: 99 })) {
    if (event.type === 'step') await pause();
  }
  return trainer.snapshot();
}

for (const accumulation of [1, 2]) {
  test(`with batches in pieces of 1/${accumulation}, a run on a folder is what it is without a thread, and when resumed`, async (t) => {
    // What somebody has made of a dataset is drawn without a thread.
    const expected = await stateAfter(12, { accumulation, of: { ...dataset } });
    const drawn = t.mock.method(dataset, 'batchAt').mock;
    let steps = 0;
    const drawnInThread = () => steps * 2 * accumulation - drawn.callCount();
    const whole = await stateAfter(12, { accumulation }, async () => {
      steps++;
      // A thread takes its time to start.
      if (drawnInThread() === 0) await delay(200);
    });
    assert.deepEqual(whole, expected);
    assert.ok(drawnInThread() > 0);
    const rested = { step: 5, state: await stateAfter(5, { accumulation }) };
    assert.deepEqual(await stateAfter(12, { accumulation, from: rested }), expected);
  });
}
