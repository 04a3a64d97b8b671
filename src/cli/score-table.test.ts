import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Passport, Score } from '../metrics/index.ts';
import { formatConfusion, formatFigure, formatPassports, formatScores } from './score-table.ts';

const passport: Passport = {
  metric: 'fid',
  protocol: 'clean-fid',
  features: {
    network: 'inception 2048',
    weightsSha256: 'f'.repeat(64),
    resizer: 'pillow-bicubic',
    clip: true,
    normalization: 'tensorflow',
  },
  parameters: { ddof: 1 },
  images: {
    name: 'runs/a',
    count: 10_000,
    sha256: 'a'.repeat(64),
    generator: { step: 5, network: 'ema.G', batchNorm: 'none', truncation: 0.5, seed: 7 },
  },
  reference: { name: 'cifar10', count: 50_000, sha256: 'b'.repeat(64) },
  warnings: [],
  software: 'sagan 1',
};
const score = (value: number, changes: Partial<Passport> = {}, more: Partial<Score> = {}): Score => ({
  value,
  better: 'lower',
  ...more,
  passport: { ...passport, ...changes },
});
const plain = (text: string) => stripVTControlCharacters(text).split('\n');

test('figures are written as people read them', () => {
  for (const [metric, value, text] of [
    ['fid', 12.3456, '12.35'],
    ['fid-mnist', 0.004, '0.00'],
    ['fid', -0.0001, '0.00'],
    ['intra-fid', 112.5, '112.50'],
    ['kid', 0.00321, '3.21'],
    ['kid', -0.0001, '-0.10'],
    ['is', 8.456, '8.46'],
    ['is-fashion-mnist', 52.52, '52.5'],
    ['is', 166.31, '166'],
    ['precision', 0.71234, '0.712'],
    ['prdc-recall', 0.5, '0.500'],
    ['class-accuracy', 0.98765, '0.988'],
    ['ppl', 123.456, '123.5'],
    ['something', 0, '0.000'],
  ] as const) {
    assert.equal(formatFigure(metric, value), text, metric);
  }
});

test('a row a metric, with its spread and its counts; warnings once, with the metrics that they belong to', () => {
  const warnings = ['few images'];
  const scores = [
    score(12.3456, { warnings }),
    score(52.52, { metric: 'is', reference: undefined }, { better: 'higher', spread: 1.234 }),
    score(0.00321, { metric: 'kid', warnings }, { spread: 0.0004 }),
  ];
  assert.deepEqual(plain(formatScores({ formatVersion: 1, scores })), [
    'metric          value  better   protocol  images  reference',
    'fid             12.35   lower  clean-fid  10,000     50,000',
    'is         52.5 ± 1.2  higher  clean-fid  10,000',
    'kid ×10³  3.21 ± 0.40   lower  clean-fid  10,000     50,000',
    '',
    'warning (fid, kid): few images',
  ]);
});

test('scores by class: a dash for a class without images; of many classes the worst', () => {
  const few = score(1, {}, { perClass: [1.234, null] });
  assert.deepEqual(plain(formatScores({ formatVersion: 1, scores: [few], classNames: ['cat', 'dog'] })).slice(3), [
    'class   fid',
    'cat    1.23',
    'dog       –',
  ]);
  for (const [better, worst, best] of [
    ['lower', 99, 76],
    ['higher', 0, 23],
  ] as const) {
    const many = score(1, {}, { better, perClass: Array.from({ length: 100 }, (_, label) => label) });
    const lines = plain(formatScores({ formatVersion: 1, scores: [many] })).slice(4);
    assert.equal(lines.length, 25);
    assert.match(lines[0] ?? '', new RegExp(`^${worst} +${worst}\\.00$`));
    assert.match(lines[23] ?? '', new RegExp(`^${best} +${best}\\.00$`));
    assert.equal(lines[24], '… and 76 classes that are better by fid');
  }
});

test('a confusion of up to 12 classes is shown whole within 100 columns', () => {
  assert.deepEqual(
    formatConfusion(
      [
        [3, 1],
        [0, 0],
      ],
      ['cat', 'dog'],
    ).split('\n'),
    [
      'images by the class asked for, and by the class assigned',
      'asked for  cat  dog   right',
      'cat          3    1  75.0 %',
      'dog          0    0   0.0 %',
    ],
  );
  const names = Array.from({ length: 12 }, (_, label) => `a long name of class ${label}`);
  const lines = formatConfusion(
    names.map((_, asked) => names.map((_, assigned) => (asked === assigned ? 5000 : asked + assigned))),
    names,
  ).split('\n');
  assert.equal(lines.length, 14);
  assert.ok(lines.every((line) => line.length <= 100));
  assert.match(lines[13] ?? '', /^a long name of … .* 5000 {2}9\d\.\d %$/);
});

test('of more classes the worst confusions are shown, by their share of the class asked for', () => {
  const names = Array.from({ length: 100 }, (_, label) => `class ${label}`);
  const confusion = names.map((_, asked) => names.map((_, assigned): number => (asked === assigned ? 90 : 0)));
  confusion[7]?.splice(40, 1, 10);
  confusion[9]?.splice(9, 1, 10);
  confusion[9]?.splice(3, 1, 5);
  assert.deepEqual(formatConfusion(confusion, names).split('\n'), [
    'the worst confusions of 100 classes',
    'asked for  assigned  images  of those asked for',
    'class 9    class 3        5              33.3 %',
    'class 7    class 40      10              10.0 %',
  ]);
});

test('a passport is printed in full', () => {
  const text = plain(formatPassports([score(12.3456, { warnings: ['few images'] })]));
  assert.deepEqual(
    text.map((line) => line.replace(/ {2,}/g, '  ')),
    [
      'fid 12.35 (lower is better)',
      '  protocol  clean-fid',
      '  features  inception 2048',
      `  features: weights  SHA-256 ${'f'.repeat(64)}`,
      '  features: resizer  pillow-bicubic, clipped',
      '  features: normalisation  tensorflow',
      '  ddof  1',
      '  images  runs/a, 10,000 images',
      `  images: pixels  SHA-256 ${'a'.repeat(64)}`,
      '  images: step  5',
      '  images: network  ema.G',
      '  images: batch norm  none',
      '  images: truncation  0.5',
      '  images: seed  7',
      '  reference  cifar10, 50,000 images',
      `  reference: pixels  SHA-256 ${'b'.repeat(64)}`,
      '  software  sagan 1',
      '  warning  few images',
    ],
  );
});
