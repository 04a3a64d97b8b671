import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areComparable, compareScores, type PassportField, passportRules, type ScoreSource } from './compare-scores.ts';
import type { GeneratorOrigin, ImageOrigin, Passport, Score } from './passport.ts';

const generator: Required<GeneratorOrigin> = {
  step: 5,
  network: 'ema.G',
  batchNorm: 'none',
  truncation: 0.5,
  scale: 2,
  seed: 7,
};
const images: Required<ImageOrigin> = { name: 'runs/a', count: 100, sha256: 'aa', generator };
const passport: Passport = {
  metric: 'fid',
  protocol: 'torch-fidelity',
  features: { network: 'inception', weightsSha256: 'ff', resizer: 'none', clip: false, normalization: 'none' },
  parameters: { ddof: 1 },
  images,
  reference: { name: 'cifar10', count: 50, sha256: 'bb', generator },
  warnings: [],
  software: 'sagan 1',
};

const score = (value: number, changes: Partial<Passport> = {}, more: Partial<Score> = {}): Score => ({
  value,
  better: 'lower',
  ...more,
  passport: { ...passport, ...changes },
});
const source = (name: string, ...scores: readonly Score[]): ScoreSource => ({
  name,
  file: { formatVersion: 1, scores },
});
const withImages = (changes: Partial<ImageOrigin>) => ({ images: { ...images, ...changes } });
const withGenerator = (changes: Partial<GeneratorOrigin>) => withImages({ generator: { ...generator, ...changes } });
const withFeatures = (changes: Partial<Passport['features']>) => ({ features: { ...passport.features, ...changes } });
const withReference = (changes: Partial<ImageOrigin>) => ({
  reference: { ...images, ...passport.reference, ...changes },
});
const withReferenceGenerator = (changes: Partial<GeneratorOrigin>) =>
  withReference({ generator: { ...generator, ...changes } });

/** Each field changed alone, and the group that must be named; undefined where nothing is to be said. */
const changes: Readonly<Record<PassportField, readonly [Partial<Passport>, string | undefined]>> = {
  metric: [{ metric: 'kid' }, undefined],
  protocol: [{ protocol: 'studiogan' }, 'protocol'],
  'features.network': [withFeatures({ network: 'vgg' }), 'features'],
  'features.weightsSha256': [withFeatures({ weightsSha256: 'ee' }), 'features'],
  'features.resizer': [withFeatures({ resizer: 'torch-bilinear' }), 'features'],
  'features.clip': [withFeatures({ clip: true }), 'features'],
  'features.normalization': [withFeatures({ normalization: 'unit' }), 'features'],
  parameters: [{ parameters: { ddof: 0 } }, 'parameters'],
  'images.name': [withImages({ name: 'runs/b' }), undefined],
  'images.count': [withImages({ count: 101 }), 'images'],
  'images.sha256': [withImages({ sha256: 'ab' }), undefined],
  'images.generator.step': [withGenerator({ step: 6 }), undefined],
  'images.generator.network': [withGenerator({ network: 'G' }), 'images'],
  'images.generator.batchNorm': [withGenerator({ batchNorm: 'running statistics' }), 'images'],
  'images.generator.truncation': [withGenerator({ truncation: 0.7 }), 'images'],
  'images.generator.scale': [withGenerator({ scale: 1 }), 'images'],
  'images.generator.seed': [withGenerator({ seed: 8 }), 'note'],
  'reference.name': [withReference({ name: 'cifar' }), 'note'],
  'reference.count': [withReference({ count: 51 }), 'reference'],
  'reference.sha256': [withReference({ sha256: 'bc' }), 'reference'],
  'reference.generator.step': [withReferenceGenerator({ step: 6 }), 'note'],
  'reference.generator.network': [withReferenceGenerator({ network: 'G' }), 'note'],
  'reference.generator.batchNorm': [withReferenceGenerator({ batchNorm: 'running statistics' }), 'note'],
  'reference.generator.truncation': [withReferenceGenerator({ truncation: 0.7 }), 'note'],
  'reference.generator.scale': [withReferenceGenerator({ scale: 1 }), 'note'],
  'reference.generator.seed': [withReferenceGenerator({ seed: 8 }), 'note'],
  warnings: [{ warnings: ['few images'] }, undefined],
  software: [{ software: 'sagan 2' }, 'note'],
};

for (const [field, [change, group]] of Object.entries(changes)) {
  test(`two scores that differ in ${field}: ${group ?? 'no difference to tell'}`, () => {
    const rows = compareScores([source('a', score(1)), source('b', score(2, change))]);
    if (field === 'metric') {
      assert.deepEqual(
        rows.map(({ metric, scores }) => [metric, scores.map((one) => one?.value)]),
        [
          ['fid', [1, undefined]],
          ['kid', [undefined, 2]],
        ],
      );
      return;
    }
    const [row, ...others] = rows;
    assert.ok(row !== undefined && others.length === 0);
    const told = [...row.differences, ...row.notes].map((difference) => [difference.field, difference.group]);
    const name = field === 'parameters' ? 'parameters.ddof' : field;
    assert.deepEqual(told, group === undefined ? [] : [[name, group]]);
    const isCompared = group === undefined || group === 'note';
    assert.equal(areComparable(rows), isCompared);
    assert.deepEqual(
      row.agreeing,
      isCompared
        ? [{ sources: [0, 1], best: 0 }]
        : [
            { sources: [0], best: null },
            { sources: [1], best: null },
          ],
    );
  });
}

test('the rules are for the fields that are tested', () => {
  assert.deepEqual(Object.keys(passportRules), Object.keys(changes));
});

test('differences are told with the values of both, none where a side has none', () => {
  const { truncation: _, ...whole } = generator;
  const other = score(2, { ...withImages({ generator: whole }), parameters: { ddof: 0, splits: 10 } });
  const [row] = compareScores([source('a', score(1)), source('b', other)]);
  assert.deepEqual(row?.differences, [
    { field: 'parameters.ddof', group: 'parameters', values: [1, 0] },
    { field: 'parameters.splits', group: 'parameters', values: [null, 10] },
    { field: 'images.generator.truncation', group: 'images', values: [0.5, null] },
  ]);
});

test('images of an unknown generator, and scores without a reference, are not the same as those that have one', () => {
  const { generator: _, ...unknown } = images;
  for (const [change, group] of [
    [{ images: unknown }, 'images'],
    [{ reference: undefined }, 'reference'],
  ] as const) {
    const [row] = compareScores([source('a', score(1)), source('b', score(2, change))]);
    assert.equal(row?.agreeing.length, 2);
    assert.ok(row.differences.every((difference) => difference.group === group));
  }
});

test('the best is ahead of each other by more than both spreads', () => {
  const best = (...scores: readonly Score[]) =>
    compareScores(scores.map((one, n) => source(`${n}`, one)))[0]?.agreeing[0]?.best;
  assert.equal(best(score(3), score(1), score(2)), 1);
  assert.equal(best(score(3), score(1), score(1)), null);
  const higher = (value: number, spread: number) => score(value, {}, { better: 'higher', spread });
  assert.equal(best(higher(8, 0.1), higher(9, 0.5)), 1);
  assert.equal(best(higher(8.5, 0.1), higher(9, 0.5)), null);
  assert.equal(best(higher(8, 1), higher(9, 0.5)), null);
});

test('of three sources the two that agree are compared, and the third is told apart', () => {
  const rows = compareScores([
    source('a', score(1)),
    source('b', score(5, { protocol: 'clean-fid' })),
    source('c', score(2)),
  ]);
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0]?.agreeing, [
    { sources: [0, 2], best: 0 },
    { sources: [1], best: null },
  ]);
  assert.deepEqual(rows[0]?.differences, [
    { field: 'protocol', group: 'protocol', values: ['torch-fidelity', 'clean-fid', 'torch-fidelity'] },
  ]);
  assert.ok(!areComparable(rows));
});

test('several scores by one metric meet the ones they agree with, whatever their order; metrics keep theirs', () => {
  const under = (value: number, protocol: string, metric = 'fid') => score(value, { protocol, metric });
  const rows = compareScores([
    source('a', under(1, 'torch-fidelity'), under(2, 'clean-fid'), under(3, 'torch-fidelity', 'is')),
    source('b', under(4, 'clean-fid'), under(5, 'torch-fidelity', 'is'), under(6, 'pytorch-fid')),
    source('c', under(7, 'clean-fid')),
  ]);
  assert.deepEqual(
    rows.map(({ metric, scores }) => [metric, ...scores.map((one) => one?.value ?? null)]),
    [
      ['fid', 2, 4, 7],
      ['fid', 1, 6, null],
      ['is', 3, 5, null],
    ],
  );
});

test('scores that agree with none meet those that they differ least from', () => {
  const far = score(2, { protocol: 'clean-fid', parameters: { ddof: 0 } });
  const near = score(3, { protocol: 'pytorch-fid' });
  const rows = compareScores([source('a', score(1)), source('b', far, near)]);
  assert.deepEqual(
    rows.map(({ scores }) => scores.map((one) => one?.value ?? null)),
    [
      [null, 2],
      [1, 3],
    ],
  );
});

test('a score that stands twice in a source loses nothing', () => {
  const rows = compareScores([source('a', score(1), score(2)), source('b', score(3))]);
  assert.deepEqual(
    rows.map(({ scores }) => scores.map((one) => one?.value ?? null)),
    [
      [1, 3],
      [2, null],
    ],
  );
});

test('nothing in common is not comparable', () => {
  assert.equal(areComparable(compareScores([source('a', score(1)), source('b')])), false);
  assert.equal(areComparable(compareScores([])), false);
});
