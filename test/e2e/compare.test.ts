/** Comparing scores from the command line. */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type Passport, type Score, scoreFileBytes } from '../../src/metrics/index.ts';
import { jsonLines, sagan, scratch } from './command-line.ts';

const passport: Passport = {
  metric: 'fid',
  protocol: 'torch-fidelity',
  features: {
    network: 'inception 2048',
    weightsSha256: 'f'.repeat(64),
    resizer: 'tensorflow-bilinear',
    clip: false,
    normalization: 'tensorflow',
  },
  parameters: { ddof: 1 },
  images: { name: 'runs/a', count: 10_000, sha256: 'a'.repeat(64) },
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
const write = (file: string, ...scores: readonly Score[]) =>
  writeFileSync(file, scoreFileBytes({ formatVersion: 1, scores, classNames: ['cat', 'dog'] }));

const run = join(scratch, 'run');
const file = join(scratch, 'other.json');
const apart = join(scratch, 'apart.json');

before(() => {
  mkdirSync(join(run, 'scores'), { recursive: true });
  write(
    join(run, 'scores', 'first.json'),
    score(12.345, { software: 'sagan 2' }, { perClass: [10, null] }),
    score(0.004, { metric: 'kid' }, { spread: 0.0005 }),
  );
  writeFileSync(join(run, 'scores', 'class-accuracy.json'), '{"accuracy":0.9}');
  write(file, score(20, {}, { perClass: [12, 13] }), score(0.0043, { metric: 'kid' }, { spread: 0.0001 }));
  write(apart, score(5, { protocol: 'clean-fid', reference: { name: 'mine', count: 9, sha256: 'c'.repeat(64) } }));
});

test('scores that mean the same stand beside each other, and what differs without harm is told', async () => {
  const { code, stdout } = await sagan('compare', run, file, '--class-wise');
  assert.equal(code, 0, stdout);
  assert.match(stdout, new RegExp(`^A {2}${run}\nB {2}${file}\n`));
  assert.match(stdout, /\nfid {7}torch-fidelity {2}lower +12\.35 \* +20\.00\n/);
  assert.match(stdout, /\nkid ×10³ {2}torch-fidelity {2}lower +4\.00 ± 0\.50 +4\.30 ± 0\.10\n/);
  assert.match(stdout, /\nfid by class +A +B\ncat +10\.00 +12\.00\ndog +– +13\.00\n/);
  assert.match(stdout, /\nnote: software differs: sagan 2 \(A\), sagan 1 \(B\)\n/);
  assert.match(stdout, /\nleft out: \S+class-accuracy\.json \("formatVersion": /);
  assert.doesNotMatch(stdout, /not compared/);
});

test('scores that do not mean the same are told apart by their fields, and not shown', async () => {
  const [{ code, stdout }, json] = await Promise.all([
    sagan('compare', run, apart),
    sagan('compare', run, apart, '--json'),
  ]);
  assert.equal(code, 1);
  assert.match(stdout, /\nno scores can be compared\n/);
  assert.match(stdout, /\nnot compared: fid of A with that of B, as their passports differ\n/);
  assert.match(stdout, /\n {2}protocol +protocol +torch-fidelity \(A\) +clean-fid \(B\)\n/);
  assert.match(stdout, /\n {2}reference +reference\.count +50000 \(A\) +9 \(B\)\n/);
  assert.match(stdout, /\n {2}reference +reference\.sha256 +b{12}… \(A\) +c{12}… \(B\)\n/);
  assert.match(stdout, /\nnot compared: kid by torch-fidelity, which only A has\n/);
  assert.doesNotMatch(stdout, /12\.3|5\.00|\*/);
  assert.equal(json.code, 1);
  assert.equal(jsonLines(json.stdout).at(-1)?.areComparable, false);
});

test('what cannot be compared is refused', async () => {
  const [empty, broken] = [join(scratch, 'empty'), join(scratch, 'broken.json')];
  mkdirSync(empty);
  writeFileSync(broken, '{"formatVersion":1,"scores":[{"value":1}]}');
  const mistakes = [
    [[run], /there is one file of scores; expected two or more/],
    [[run, empty], /empty: there are no scores in it.*sagan evaluate/],
    [[run, join(scratch, 'absent')], /absent: cannot be read \(ENOENT/],
    [[run, broken], /broken\.json: "scores\.0\.better": /],
  ] as const;
  await Promise.all(
    mistakes.map(async ([args, message]) => {
      const { code, stderr } = await sagan('compare', ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at |defect of Sagan/);
    }),
  );
});

test('each file of a run with several is a source', async () => {
  const two = join(scratch, 'two');
  cpSync(run, two, { recursive: true });
  write(join(two, 'scores', 'second.json'), score(11));
  const { code, stdout } = await sagan('compare', two);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^A {2}\S+two\/scores\/first\.json\nB {2}\S+two\/scores\/second\.json\n/);
  for (let step = 10; step < 20; step++) write(join(two, 'scores', `step-${step}.json`), score(step));
  const { stdout: many } = await sagan('compare', two);
  assert.match(many, /\nfid by torch-fidelity, lower is better\n {2}A +12\.35\n {2}B +11\.00\n {2}C +10\.00 \*\n/);
  assert.ok(many.split('\n').every((line) => line.length <= 100 || line.startsWith('left out')));
});
