/** Every model × its memory: what the estimate says beside what a process that trains takes, and what is refused. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkMemory, largestBatch } from '../../src/api/memory-plan.ts';
import { train } from '../../src/api/train-run.ts';
import { findModel } from '../../src/gan/index.ts';
import { sagan, scratch, start, tinyTraining, writeIdxFolder } from '../e2e/command-line.ts';
import type { Measurement, Subject } from '../memory/measure.ts';
import { bind, modelRows, stepOptions } from '../tables/models.ts';

/** Twice what a process takes for a batch of 1: enough for the batch to matter, little enough to be quick. */
const wantedBytes = 400e6;

async function measure(subject: Subject): Promise<Measurement> {
  const { code, stdout, stderr } = await start('test/memory/measure.ts', [JSON.stringify(subject)]).finished;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function checkEstimate(subject: Subject): Promise<string> {
  const { estimatedBytes, measuredBytes } = await measure(subject);
  const ratio = estimatedBytes / measuredBytes;
  const megabytes = [estimatedBytes, measuredBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
  const found = `batch ${subject.batch}: ${megabytes.join(' estimated, ')} measured, ${ratio.toFixed(2)}`;
  assert.ok(Math.abs(ratio - 1) <= 0.25, found);
  return found;
}

for (const row of modelRows) {
  test(`${row.name}: the memory of a step is estimated within 25 %`, async (t) => {
    const batch =
      largestBatch({ step: stepOptions(bind(row, row.small), { batch: 4096 }), passes: 'all' }, wantedBytes) ?? 1;
    t.diagnostic(await checkEstimate({ model: row.name, ...row.small, batch }));
  });
}

const narrow = { generatorChannels: 16, discriminatorChannels: 16, attentionAt: [16] };
const images = { resolution: 32, channels: 3, classes: 10 };
const subject = { model: 'sagan', images, options: narrow };
const at64 = { ...images, resolution: 64 };
const dcgan = { model: 'dcgan', options: { generatorChannels: 64, discriminatorChannels: 64 } };

for (const [what, changes] of [
  ['wide networks', { batch: 4, options: { attentionAt: [16] } }],
  ['narrow ones and a large batch', { batch: 64 }],
  ['a resolution of 64', { batch: 16, images: at64, options: { ...narrow, attentionAt: [32] } }],
  ['several programs', { batch: 64, accumulation: 4 }],
  ['second derivatives', { batch: 32, penalty: 'gradientPenalty' }],
  ['DCGAN at 64', { batch: 64, ...dcgan, images: { ...at64, classes: 0 } }],
  ['a small BigGAN', { batch: 32, model: 'biggan' }],
] as const) {
  test(`${what}: the memory of a step is estimated within 25 %`, async (t) => {
    t.diagnostic(await checkEstimate({ ...subject, ...changes }));
  });
}

test('the batch that is recommended fits, and takes most of what there is', async (t) => {
  const available = 600e6;
  const step = stepOptions(findModel('sagan').bind(narrow, images), { batch: 4096 });
  let batch = 0;
  assert.throws(
    () => checkMemory({ step, passes: 'all' }, 'config', false, available),
    ({ message }: Error) => {
      batch = Number(/Pass --batch (\d+), the largest that surely fits/.exec(message)?.[1]);
      return batch > 0;
    },
  );
  const { measuredBytes } = await measure({ ...subject, batch });
  t.diagnostic(`batch ${batch}: ${Math.round(measuredBytes / 1e6)} MB of ${available / 1e6} MB`);
  assert.ok(measuredBytes <= available && measuredBytes > available * 0.6);
});

test('a step that does not fit is refused before a folder is made, unless that is ignored', async () => {
  const out = join(scratch, 'run');
  const data = writeIdxFolder('idx');
  const { code, stderr } = await sagan(...tinyTraining(data, out, '--batch', '10000000'));
  assert.equal(code, 2);
  assert.match(
    stderr,
    /preset sagan-mnist-mini: .* batches of 10000000 needs about .* Pass --batch \d+, the largest that surely fits/,
  );
  assert.ok(!existsSync(out));

  const options = { preset: 'sagan-mnist-mini', data, out, batch: 200_000 };
  const events = train({ ...options, ignoreMemory: true });
  assert.equal((await events.next()).value?.type, 'started');
  await events.return(undefined);
  await assert.rejects(train({ out, resume: true }).next(), /run: .* A resumed run keeps its batch/);
});
