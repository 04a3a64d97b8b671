/** Scores from the command line. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { encode, graph, input, lower, mean, square } from '../../src/engine/index.ts';
import { parseScoreFile } from '../../src/metrics/index.ts';
import { sagan, scratch, tinyTraining, writeIdxFolder } from './command-line.ts';

const run = join(scratch, 'run');
const photos = join(scratch, 'photos');
const small = ['--features', 'mnist', '--count', '20', '--threads', '1'];

async function scored(...args: readonly string[]) {
  const { code, stdout, stderr } = await sagan('evaluate', ...args, '--json');
  assert.equal(code, 0, stderr);
  return parseScoreFile(stdout, 'the output');
}
const valuesOf = ({ scores }: Awaited<ReturnType<typeof scored>>) =>
  Object.fromEntries(scores.map(({ passport, value }) => [passport.metric, value]));

before(async () => {
  const { code, stderr } = await sagan(...tinyTraining(writeIdxFolder('digits'), run, '--steps', '2'));
  assert.equal(code, 0, stderr);
  mkdirSync(photos);
  for (let n = 0; n < 6; n++) {
    const side = 20 + 4 * (n % 3);
    const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * (31 + n) + n * 40) % 256);
    await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toFile(join(photos, `${n}.png`));
  }
});

test('a run is compared with the images that it was trained on, and keeps its scores', async () => {
  const { code, stdout, stderr } = await sagan(
    'evaluate',
    run,
    ...small,
    '--metrics',
    'fid,precision-recall',
    '--passport',
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\nfid-mnist +\d+\.\d\d +lower +torch-fidelity +20 +8\n/);
  assert.match(stdout, /\nrecall-mnist +[01]\.\d{3} +higher/);
  assert.match(stdout, /warning \(fid-mnist\): 20 images for 64 dimensions: the covariance is singular/);
  assert.match(stdout, /\nall of them\n {2}protocol +torch-fidelity\n/);
  assert.match(stderr, /features of the images: 20 of 20/);
  const path = join(run, 'scores', 'step-000002.json');
  assert.match(stdout, new RegExp(`written to ${path}`));
  const first = parseScoreFile(readFileSync(path, 'utf8'), path);
  const { generator, sha256 } = first.scores[0]?.passport.images ?? {};
  assert.deepEqual(generator, { step: 2, network: 'ema.G', batchNorm: 'running statistics', seed: 0 });

  // The same again, and a score more.
  const again = await scored(run, ...small, '--metrics', 'fid,recognised', '--no-cache');
  assert.equal(valuesOf(again)['fid-mnist'], valuesOf(first)['fid-mnist']);
  assert.equal(again.scores[0]?.passport.images.sha256, sha256);
  const names = parseScoreFile(readFileSync(path, 'utf8'), path).scores.map(({ passport }) => passport.metric);
  assert.deepEqual(names.sort(), [
    'effective-classes-mnist',
    'f-score-mnist',
    'fid-mnist',
    'precision-mnist',
    'recall-mnist',
    'recognised-mnist',
  ]);

  await scored(run, ...small, '--metrics', 'fid', '--truncation', '0.5');
  assert.deepEqual(readdirSync(join(run, 'scores')).sort(), ['step-000002-truncation-0.5.json', 'step-000002.json']);
});

test('a folder of images of several sizes is scored against a run of statistics, or of features, that were saved', async () => {
  const features = ['--features', 'mnist', '--threads', '1'];
  const [statistics, single] = [join(scratch, 'photos.npz'), join(scratch, 'photos_kid.npz')];
  for (const [option, file] of [
    ['--save-statistics', statistics],
    ['--save-features', single],
  ] as const) {
    const { code, stdout, stderr } = await sagan('evaluate', photos, ...features, option, file);
    assert.deepEqual([code, stdout], [0, `${file}: of 6 images\n`], stderr);
  }
  const values = [photos, statistics, single].map(async (reference) =>
    valuesOf(await scored(photos, ...features, '--metrics', 'fid', '--against', reference)),
  );
  for (const value of await Promise.all(values)) assert.ok(Math.abs(value['fid-mnist'] ?? 1) < 1e-6);
});

test('of an ONNX file with several outputs, those that are named are used', async () => {
  const x = input('x', 'float32', [2, 3, 8, 8]);
  const means = mean(x, [2, 3]);
  const tops = square(means);
  const file = join(scratch, 'two.onnx');
  writeFileSync(
    file,
    encode(
      lower(
        graph('two', [
          ['means', means],
          ['tops', tops],
        ]),
        'cpu',
      ),
    ),
  );
  const args = ['--features', file, '--threads', '1', '--against', photos, '--metrics', 'fid'];
  const { code, stderr } = await sagan('evaluate', photos, ...args);
  assert.equal(code, 2);
  assert.match(stderr, /means.*tops.*--onnx-output/s);
  const { scores } = await scored(photos, ...args, '--onnx-output', 'means', '--normalization', 'unit');
  assert.equal(scores[0]?.passport.metric, 'fid-two');
  assert.match(scores[0]?.passport.features.network ?? '', /two\.onnx.*means/);
});

test('--disagree scores under every protocol and tells the gaps', async () => {
  const args = ['--features', 'mnist', '--threads', '1', '--metrics', 'is', '--count', '60'];
  const { code, stdout, stderr } = await sagan('evaluate', run, ...args, '--disagree');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^metric +torch-fidelity +pytorch-fid +clean-fid +studiogan\nis-mnist +1\.\d\d ± /);
  assert.match(stdout, /pytorch-fid against torch-fidelity\n {2}is-mnist: the same\n/);
  assert.match(
    stdout,
    /studiogan against torch-fidelity\n {2}is-mnist: [+-]\d\.\d+\n +[+-]\d\.\d+ {2}the definition of the score\n/,
  );
});

test('what cannot be scored is said, with what can be done', async () => {
  writeFileSync(join(photos, 'broken.png'), 'not an image');
  const refused = async (message: RegExp, ...args: readonly string[]) => {
    const { code, stderr } = await sagan('evaluate', ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  };
  await refused(/nothing to compare the images with.*--against/, photos, '--features', 'mnist', '--metrics', 'fid');
  await refused(
    /1 of 7 files cannot be used.*--skip-bad.*broken\.png/s,
    photos,
    '--features',
    'mnist',
    '--metrics',
    'recognised',
  );
  await refused(
    /Weights of inception: they are not on this machine.*sagan features fetch inception/s,
    run,
    '--features',
    'inception',
  );
  await refused(/there is nothing at \S*nowhere; expected a name or a folder/, join(scratch, 'nowhere'));
  await refused(/metric "fdi" does not exist.*Did you mean "fid"/, run, ...small, '--metrics', 'fdi');
  await refused(/Allowed choices are torch-fidelity, pytorch-fid/, run, '--protocol', 'fidelity');
  await refused(/the images have 2 classes, the network 10/, run, ...small, '--metrics', 'class-accuracy');
  const skipped = await scored(photos, '--features', 'mnist', '--metrics', 'recognised', '--skip-bad');
  assert.equal(skipped.scores[0]?.passport.images.count, 6);
  assert.match(
    skipped.scores[0]?.passport.warnings.join() ?? '',
    /1 of 7 files cannot be used and were left out: broken\.png/,
  );
});
