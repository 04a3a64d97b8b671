import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { moduleOf } from '../inspect/index.ts';
import { type Profile, profile } from './profile.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-test-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
process.env.TMPDIR = scratch;

const narrow = ['model.generatorChannels=8', 'model.discriminatorChannels=8', 'discriminatorSteps=1'];
const tiny = { steps: 1, threads: 1, batch: 2, settings: narrow } as const;

function checkSums(found: Profile): void {
  const total = (of: 'seconds' | 'flops') =>
    [...found.places, ...found.unmapped].reduce((sum, work) => sum + work[of], 0);
  assert.ok(Math.abs(total('seconds') - found.kernelSeconds) < 1e-9 && found.kernelSeconds > 0);
  assert.equal(total('flops'), found.flops);
  assert.ok(found.kernelSeconds < found.programSeconds && found.programSeconds < found.recordedSeconds);
  assert.equal(found.outsideSeconds, found.recordedSeconds - found.programSeconds);
  for (const { held, plannedBytes, allocatedBytes } of found.programs) {
    assert.equal(
      held.reduce((sum, { bytes }) => sum + bytes, 0),
      plannedBytes,
    );
    assert.ok(allocatedBytes > plannedBytes / 2 && allocatedBytes < found.processBytes);
  }
}

test('a step is accounted for; its trace is kept where it is asked for, and nothing else', async () => {
  const trace = join(scratch, 'trace.json');
  const done: string[] = [];
  const onStep = (step: number, total: number) => done.push(`${step}/${total}`);
  const found = await profile('sagan-mnist-mini', { ...tiny, steps: 2, trace, onStep });
  checkSums(found);
  assert.deepEqual(done, ['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
  assert.equal(found.secondsByStep.length, 2);
  assert.equal(found.images, 'mnist');
  assert.deepEqual(readdirSync(scratch), ['trace.json']);
  const events: { name: string }[] = JSON.parse(readFileSync(trace, 'utf8'));
  assert.equal(events.filter(({ name }) => name === 'model_run').length, 4, 'of two steps to warm up and two more');
  const modules = new Set(found.places.map(({ scope }) => moduleOf(scope).names.slice(0, 2).join('.')));
  for (const module of ['D0.G', 'D0.D', 'D0.optimizer', 'Gstep.G', 'Gstep.D', 'Gstep.movingAverage', 'watch']) {
    assert.ok(modules.has(module), module);
  }
  const unmapped = found.unmapped.reduce((sum, { seconds }) => sum + seconds, 0);
  assert.ok(unmapped < 0.1 * found.kernelSeconds, `${unmapped} s of ${found.kernelSeconds} belong to no op`);
});

test('without passes nothing is rewritten, and what runs is what was written', async () => {
  const found = await profile('dcgan-mnist-mini', { ...tiny, passes: 'none' });
  assert.deepEqual(
    found.programs.flatMap(({ appliedPasses }) => appliedPasses),
    [],
  );
  assert.equal(found.flops, found.writtenFlops);
  const rewritten = await profile('dcgan-mnist-mini', tiny);
  assert.ok(rewritten.programs.flatMap(({ appliedPasses }) => appliedPasses).some(({ sites }) => sites.length > 0));
  assert.equal(rewritten.writtenFlops, found.writtenFlops);
  assert.notEqual(rewritten.flops, found.flops);
  await assert.rejects(profile('sagan-mnist-mini', { ...tiny, passes: ['speedy'] }), {
    name: 'UserError',
    message: /passes\.0 is "speedy": expected "all", "none", or a list of some of/,
  });
});

test('a step of several programs is the sum of their calls', async () => {
  const found = await profile('dcgan-mnist-mini', { ...tiny, batch: 4, settings: [...narrow, 'accumulation=2'] });
  checkSums(found);
  assert.deepEqual(
    found.programs.map(({ name }) => name),
    ['D.gather', 'D.update', 'G.gather', 'G.update'],
  );
  const calls = (scope: string) => found.places.filter((place) => place.scope === scope).map((place) => place.calls);
  assert.ok(
    calls('D0.loss').every((count) => count % 2 === 0),
    'pieces run twice a step',
  );
});

test('random images stand in for a dataset that nobody named; one that was named must be there', async () => {
  const found = await profile('sagan-images-32', tiny);
  assert.equal(found.images, 'random images');
  await assert.rejects(profile('sagan-images-32', { ...tiny, data: join(scratch, 'nothing') }), /there is nothing at/);
  await assert.rejects(profile('sagan-mnist-maxi', tiny), /sagan-mnist-mini/);
});
