import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { test } from 'node:test';
import type { PassSelection } from '../engine/index.ts';
import { findModel, losses, type StepOptions } from '../gan/index.ts';
import { costOfStep } from '../inspect/index.ts';
import { availableBytes, checkMemory, largestBatch } from './memory-plan.ts';

const adam = { learningRate: 1e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
const step: StepOptions = {
  model: findModel('sagan').bind(
    { generatorChannels: 8, discriminatorChannels: 8, attentionAt: [16] },
    { resolution: 32, channels: 3, classes: 0 },
  ),
  loss: losses.hinge,
  batch: 384,
  discriminatorSteps: 1,
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  ema: { decay: 0.9, startStep: 0 },
};
const planned = { step, passes: 'all' } as const;
const bytesWith = (changes: Partial<StepOptions>) => costOfStep({ ...step, ...changes }).processBytes;
const needed = bytesWith({});

test('what there is lies between what the process has and what the machine has', () => {
  assert.ok(availableBytes() > process.memoryUsage.rss() / 2);
  assert.ok(availableBytes() <= totalmem() + process.memoryUsage.rss());
});

test('a step that surely fits is not spoken of, one that may not is', () => {
  assert.equal(checkMemory(planned, 'config', false, needed / 0.74), undefined);
  for (const share of [0.76, 1, 1.24]) {
    assert.match(
      checkMemory(planned, 'preset big', false, needed / share) ?? '',
      /^preset big: a training step with batches of 384 needs about [\d.]+ GB of memory, and [\d.]+ GB are available/,
    );
  }
});

test('a step that surely does not fit is refused, with the largest batch that surely does, and the fewest pieces', () => {
  const available = needed / 1.3;
  const sure = available * 0.75;
  const batch = largestBatch(planned, sure);
  assert.ok(batch !== undefined && bytesWith({ batch }) <= sure && bytesWith({ batch: batch + 1 }) > sure);
  assert.equal(checkMemory({ ...planned, step: { ...step, batch } }, 'config', false, available), undefined);
  const pieces = [1, 2, 3, 4, 6, 8].find((accumulation) => bytesWith({ accumulation }) <= sure);
  assert.throws(() => checkMemory(planned, 'config', false, available), {
    name: 'UserError',
    message:
      `config: a training step with batches of 384 needs about ${(needed / 1e9).toPrecision(3)} GB of memory, and ` +
      `${(available / 1e9).toPrecision(3)} GB are available; expected a step that fits. Pass --batch ${batch}, the ` +
      `largest that surely fits, or --set accumulation=${pieces}, which keeps the batch and cuts it up. With --ignore-memory it is ` +
      'tried all the same.',
  });
  assert.throws(() => checkMemory(planned, 'runs/first', true, available), /A resumed run keeps its batch: .* new run/);
});

test('a batch that is cut up stays a multiple of its pieces; what is too large in any batch is told', () => {
  const available = bytesWith({ batch: 200 * 3, accumulation: 3 }) - 1;
  const batch = largestBatch({ ...planned, step: { ...step, batch: 384 * 3, accumulation: 3 } }, available);
  assert.ok(batch !== undefined && batch % 3 === 0 && bytesWith({ batch, accumulation: 3 }) <= available);
  assert.ok(bytesWith({ batch: batch + 3, accumulation: 3 }) > available);
  assert.equal(largestBatch(planned, 1e8), undefined);
  assert.throws(() => checkMemory(planned, 'config', false, 1e8), /No batch surely fits: choose narrower networks/);
});

test('the memory is that of the program which the passes leave', () => {
  const without = costOfStep(step, 'none').processBytes;
  assert.notEqual(without, needed);
  const available = Math.min(without, needed) / 1.3;
  const messageWith = (passes: PassSelection) => {
    try {
      return checkMemory({ step, passes }, 'config', false, available);
    } catch (error) {
      return String(error);
    }
  };
  assert.match(messageWith('none') ?? '', new RegExp(`needs about ${(without / 1e9).toPrecision(3)} GB`));
  assert.match(messageWith('all') ?? '', new RegExp(`needs about ${(needed / 1e9).toPrecision(3)} GB`));
});

test('a batch beyond all measure is refused soon, without a trace of its step', () => {
  const traced = () => assert.fail('traced');
  const huge = { ...planned, step: { ...step, batch: 1e9 }, traced };
  const asked = performance.now();
  assert.throws(
    () => checkMemory(huge, 'config', false, needed),
    /batches of 1000000000 .* Pass --batch \d+, the largest/,
  );
  assert.ok(performance.now() - asked < 60_000);
});
