import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime } from '../engine/index.ts';
import { findModel, traceSampler } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { Generator } from '../sample/index.ts';
import { measureDiversity } from './diversity.ts';
import { mixing } from './walk.ts';

test('few images of many classes are still compared within their classes', async () => {
  const model = findModel('sagan').bind(
    { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [] },
    { resolution: 32, channels: 1, classes: 10 },
  );
  const state = initialize(traceSampler(model, { batch: 1 }).variables, 1);
  const generator = await Generator.open(await openRuntime({ threads: 1 }), model, state, mixing(8));
  const options = { kind: 'scale', values: [0.5], count: 8, seed: 1 } as const;
  const [whole, half] = await measureDiversity(generator, options, async () => undefined);
  assert.ok(whole !== undefined && whole.meanDistance > 0, `${whole?.meanDistance}`);
  assert.ok(half !== undefined && half.share > 0 && half.share < 1, `${half?.share}`);
});
