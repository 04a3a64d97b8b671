import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { listCheckpoints, loadNewestCheckpoint, openRun } from '../store/index.ts';
import { type AblationEvent, type AblationOptions, ablate, compareArms, type ScoredRun } from './ablate.ts';
import { markdownOf } from './ablation-table.ts';
import { train } from './train-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));

const settings = [
  'model.generatorChannels=8',
  'model.discriminatorChannels=8',
  'model.widths=pyramid',
  'discriminatorSteps=1',
  'batch=2',
  'analysis.everySteps=0',
];

function small(name: string, options: Partial<AblationOptions> = {}): AblationOptions {
  return {
    preset: 'sagan-mnist-mini',
    data: 'matching-pairs',
    settings: [...settings, 'data.channels=3'],
    grid: ['attentionAt=8'],
    arms: ['control: attentionAt=none residualAt=8'],
    steps: 2,
    seeds: 2,
    count: 10,
    jobs: 2,
    out: join(folder, name),
    ...options,
  };
}

const drain = async (events: AsyncIterable<unknown>) => {
  for await (const _ of events);
};

const newest = (path: string) => loadNewestCheckpoint(openRun(path)).checkpoint;

test('an ablation trains each arm with each seed as "train" would, scores them, and writes its tables', async () => {
  const events: AblationEvent[] = [];
  const options = small('whole', { onEvent: (event) => events.push(event) });
  const ablation = (await ablate(options)) ?? assert.fail('it ended early');
  assert.deepEqual(
    ablation.runs.map(({ arm, seed, step, isFinished }) => [arm, seed, step, isFinished]),
    [0, 1].flatMap((seed) => ['attentionAt-8', 'control'].map((arm) => [arm, seed, 2, true] as const)),
  );
  assert.deepEqual(ablation.metrics, ['pair-match', 'pair-agreement', 'pair-found', 'pair-hues']);
  const [attention, control] = ablation.arms;
  assert.deepEqual(attention?.parameters, control?.parameters);
  assert.deepEqual(attention?.comparisons, {});
  assert.equal(control?.comparisons['pair-match']?.verdict, 'not distinguishable');

  const alone = join(folder, 'alone');
  const same = [...settings, 'data.channels=3', 'model.attentionAt=[]', 'model.residualAt=[8]'];
  const { preset, data, steps } = options;
  await drain(train({ out: alone, preset, data, steps, seed: 1, settings: same, threads: 1 }));
  assert.deepEqual(newest(join(options.out, 'control', 'seed-1')).state, newest(alone).state);

  assert.deepEqual(
    JSON.parse(readFileSync(join(options.out, 'ablation.json'), 'utf8')),
    JSON.parse(JSON.stringify(ablation)),
  );
  assert.equal(readFileSync(join(options.out, 'ablation.md'), 'utf8'), markdownOf(ablation));
  assert.equal(events.filter(({ type }) => type === 'trained').length, 4);
});

test('given again it trains nothing, and with more steps it goes on', async () => {
  const events: AblationEvent[] = [];
  const run = join(folder, 'whole', 'control', 'seed-0');
  const before = statSync(join(run, 'events.jsonl')).mtimeMs;
  await ablate(small('whole', { onEvent: (event) => events.push(event) }));
  assert.equal(events.filter(({ type }) => type === 'trained').length, 0);
  assert.equal(statSync(join(run, 'events.jsonl')).mtimeMs, before);
  const longer = await ablate(small('whole', { steps: 3, seeds: 1, everyCheckpoint: true }));
  assert.deepEqual(
    longer?.runs.map(({ step }) => step),
    [3, 3],
  );
  assert.deepEqual(
    longer?.runs[0]?.earlier.map(({ step }) => step),
    [2],
  );
  const events3 = readFileSync(join(run, 'events.jsonl'), 'utf8');
  assert.equal(events3.match(/"type":"step"/g)?.length, 3, 'no step was trained twice');
});

test('stopped, it saves what is in training, and goes on with it the next time', async () => {
  const stop = new AbortController();
  const options = small('stopped', { steps: 400, seeds: 1, jobs: 1 });
  const ended = await ablate({
    ...options,
    signal: stop.signal,
    onEvent: (event) => event.type === 'step' && stop.abort(),
  });
  assert.equal(ended, undefined);
  const [begun, waiting] = ['attentionAt-8', 'control'].map((arm) => join(options.out, arm, 'seed-0'));
  const { step } = newest(begun ?? '');
  assert.ok(step > 0 && step < 400, `${step}`);
  assert.throws(() => statSync(waiting ?? ''), /ENOENT/);
  const again = await ablate({ ...options, steps: step + 1 });
  assert.deepEqual(
    again?.runs.map((run) => run.step),
    [step + 1, step + 1],
  );
});

test('all arms are checked before one is trained, and other runs in the folder are left alone', async () => {
  const refused = (options: AblationOptions, message: RegExp) =>
    assert.rejects(ablate(options), (error) => error instanceof UserError && message.test(error.message));
  await refused(small('refused', { grid: ['attentionAt=8,64'] }), /arm attentionAt-64: sagan: .*64×64 feature map/);
  await refused(
    small('refused', { arms: ['attentionAt=8 residualAt=8'] }),
    /residualAt and attention both name the 8×8 map/,
  );
  await refused(small('refused', { metrics: ['pair-mtach'] }), /"pair-mtach" does not exist.*"pair-match"/);
  await refused(small('refused', { jobs: 0 }), /jobs is 0; expected a whole number, 1 or more/);
  assert.throws(() => statSync(join(folder, 'refused')), /ENOENT/);
  await refused(
    small('whole', { settings: [...settings, 'data.channels=3', 'ema.decay=0.5'] }),
    /trained otherwise: ema differ/,
  );
  await refused(small('whole', { steps: 1 }), /has 3 steps, and 1 are asked for/);
  assert.equal(listCheckpoints(openRun(join(folder, 'whole', 'control', 'seed-0'))).length, 2);
});

const parameters = { generator: 1, discriminator: 1 };
const arms = ['base', 'a', 'b'].map((name) => ({ name, settings: [], parameters }));

function runsOf(scores: Readonly<Record<string, readonly number[]>>, unfinished: readonly string[] = []): ScoredRun[] {
  return Object.entries(scores).flatMap(([arm, values]) =>
    values.map((value, seed) => ({
      ...{ arm, seed, path: `${arm}/${seed}`, step: 9, trainingSeconds: 1, earlier: [] },
      isFinished: !unfinished.includes(`${arm}/${seed}`),
      scores: { 'fid-mnist': value, 'class-accuracy': value },
    })),
  );
}

test('a verdict follows the sign, the direction of the score, and the corrected p', () => {
  const runs = runsOf({ base: [10, 12, 11], a: [7, 9.1, 8], b: [9, 14, 11] });
  const [base, a, b] = compareArms(arms, runs, ['fid-mnist', 'class-accuracy']);
  assert.deepEqual(base?.comparisons, {});
  assert.equal(base?.scores['fid-mnist']?.mean, 11);
  assert.equal(a?.comparisons['fid-mnist']?.verdict, 'better');
  assert.equal(a?.comparisons['class-accuracy']?.verdict, 'worse');
  assert.equal(b?.comparisons['fid-mnist']?.verdict, 'not distinguishable');
  const { pValue = 0, adjustedPValue } = a?.comparisons['fid-mnist'] ?? {};
  assert.equal(adjustedPValue, 2 * pValue, 'two arms are compared with the first');
});

test('a difference that one comparison would show is not one of three', () => {
  const more = [...arms, { name: 'c', settings: [], parameters }];
  const near = { base: [10, 12, 11], a: [8.4, 11, 9.8] };
  const [, alone] = compareArms(arms.slice(0, 2), runsOf(near), ['fid-mnist']);
  assert.equal(alone?.comparisons['fid-mnist']?.verdict, 'better');
  const [, among] = compareArms(more, runsOf({ ...near, b: [10, 12, 12], c: [10, 11, 12] }), ['fid-mnist']);
  assert.equal(among?.comparisons['fid-mnist']?.verdict, 'not distinguishable');
});

test('runs that did not finish count for nothing; their seeds are left out of both sides', () => {
  const runs = runsOf({ base: [10, 12, 500], a: [7, 9, 8], b: [1, 2, 3] }, ['base/2', 'b/0', 'b/1']);
  const [base, a, b] = compareArms(arms, runs, ['fid-mnist']);
  assert.equal(base?.scores['fid-mnist']?.mean, 11);
  assert.equal(a?.scores['fid-mnist']?.mean, 8);
  assert.deepEqual([a?.comparisons['fid-mnist']?.pairs, a?.comparisons['fid-mnist']?.difference], [2, -3]);
  assert.equal(b?.scores['fid-mnist']?.mean, 3);
  assert.equal(b?.comparisons['fid-mnist'], undefined);
  const text = markdownOf({
    ...{ source: 'mnist', preset: undefined, settings: [], steps: 9, seeds: 3, count: 10 },
    ...{ metrics: ['fid-mnist'], arms: compareArms(arms, runs, ['fid-mnist']), runs },
  });
  assert.match(text, /\| a \| 1 \| 1 \| 8\.00 ± 1\.00 \| −3\.00 \|/);
  assert.match(text, /\| b \| 1 \| 1 \| 3\.00 ± – \| {2}\| {2}\| {2}\| no run \|/);
  assert.match(text, /not counted: base seed 2 \(step 9\), b seed 0 \(step 9\), b seed 1 \(step 9\)/);
  assert.match(text, /no p below 0\.250 is possible with 3 pairs/);
});
