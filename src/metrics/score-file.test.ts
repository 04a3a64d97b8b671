import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../base/errors.ts';
import type { GeneratorOrigin, ImageOrigin, Passport, Score, ScoreFile } from './passport.ts';
import { parseScoreFile, scoreFileBytes } from './score-file.ts';

/** Complete, so that a field that is added to them must be read here too. */
const generator: Required<GeneratorOrigin> = {
  step: 5,
  network: 'ema.G',
  batchNorm: 'none',
  truncation: 0.5,
  scale: 1,
  seed: 7,
};
const images: Required<ImageOrigin> = { name: 'runs/a', count: 10_000, sha256: 'a'.repeat(64), generator };
const passport: Required<Passport> = {
  metric: 'kid',
  protocol: 'torch-fidelity',
  features: {
    network: 'inception 2048',
    weightsSha256: 'f'.repeat(64),
    resizer: 'tensorflow-bilinear',
    clip: false,
    normalization: 'tensorflow',
  },
  parameters: { subsets: 1, source: 'torch-fidelity', shrinks: true },
  images,
  reference: { name: 'cifar10', count: 50_000, sha256: 'b'.repeat(64) },
  warnings: ['few images'],
  software: 'sagan 0.1.0',
};
const kid: Required<Score> = {
  value: 12.345678901234567,
  spread: 0.25,
  better: 'lower',
  perClass: [1.5, null],
  passport,
};
const inceptionScore: Score = {
  value: 8.5,
  spread: 0.1,
  better: 'higher',
  passport: { ...passport, metric: 'is', reference: undefined },
};
const full: Required<ScoreFile> = {
  formatVersion: 1,
  scores: [kid, inceptionScore],
  classNames: ['cat', 'dog'],
  confusion: [
    [3, 1],
    [0, 4],
  ],
};

const write = (file: ScoreFile) => Buffer.from(scoreFileBytes(file)).toString();

test('what is written is read again, to the last bit', () => {
  for (const file of [full, { formatVersion: 1, scores: [] } as const]) {
    assert.deepEqual(parseScoreFile(write(file), 'x.json'), file);
  }
});

test('what is not a file of scores is refused by the name of the field', () => {
  const change = (edit: (text: string) => string) => () => parseScoreFile(edit(write(full)), 'scores/x.json');
  const cases: readonly (readonly [(text: string) => string, RegExp])[] = [
    [() => '{', /^scores\/x\.json: not JSON \(.*\); expected a file of scores as "sagan evaluate" writes it/],
    [() => '[]', /^scores\/x\.json: Invalid input: expected object/],
    [(text) => text.replace('"formatVersion": 1', '"formatVersion": 2'), /"formatVersion": Invalid input: expected 1/],
    [(text) => text.replace('12.345678901234567', 'null'), /"scores\.0\.value": .*expected number, received null/],
    [(text) => text.replace('"subsets": 1', '"subsets": [1]'), /"scores\.0\.passport\.parameters\.subsets"/],
    [
      (text) => text.replace('"resizer": "tensorflow', '"resizer": "tensor'),
      /"scores\.0\.passport\.features\.resizer"/,
    ],
    [(text) => text.replace('"seed": 7', '"seeds": 7'), /"scores\.0\.passport\.images\.generator\.seed"/],
    [(text) => text.replace('"clip": false,', ''), /"scores\.0\.passport\.features\.clip".*received undefined/],
    [(text) => text.replace('"spread"', '"deviation"'), /"scores\.0": Unrecognized key: "deviation"/],
  ];
  for (const [edit, message] of cases) {
    assert.throws(change(edit), (error) => {
      assert.ok(error instanceof FormatError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

test('numbers that JSON cannot spell are not written as null', () => {
  const scores = [{ ...kid, spread: Number.NaN }];
  assert.throws(() => scoreFileBytes({ formatVersion: 1, scores }), {
    name: 'RangeError',
    message: /spread is NaN; expected finite/,
  });
});
