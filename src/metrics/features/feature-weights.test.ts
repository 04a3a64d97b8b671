import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { findFeatureWeights, requireFeatureWeights, weightsFolders } from './feature-weights.ts';
import { checkPublishedWeights, findPublishedWeights, publishedWeights } from './published-weights.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-weights-'));
after(() => rmSync(scratch, { recursive: true }));

function refused(attempt: () => unknown, ...patterns: readonly RegExp[]): void {
  assert.throws(attempt, (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

test('weights are looked for in the cache of Sagan, then in that of PyTorch', () => {
  assert.deepEqual(weightsFolders({ XDG_CACHE_HOME: '/cache' }), [
    join('/cache/sagan/features'),
    join('/cache/torch/hub/checkpoints'),
  ]);
  assert.equal(weightsFolders({ XDG_CACHE_HOME: '/cache', TORCH_HOME: '/torch' })[1], join('/torch/hub/checkpoints'));
});

test('every published name of a network is found, in the order of folders, then of the list', () => {
  const folders = [join(scratch, 'first'), join(scratch, 'second')];
  for (const folder of folders) mkdirSync(folder);
  const put = (folder: number, name: string) => {
    const file = join(folders[folder] ?? '', name);
    writeFileSync(file, '');
    return file;
  };
  assert.equal(findFeatureWeights('inception', folders), undefined);
  const second = put(1, 'pt_inception-2015-12-05-6726825d.pth');
  assert.equal(findFeatureWeights('inception', folders), second);
  const nvidia = put(0, 'inception-2015-12-05.pt');
  assert.equal(findFeatureWeights('inception', folders), nvidia);
  const fidelity = put(0, 'weights-inception-2015-12-05-6726825d.pth');
  assert.equal(findFeatureWeights('inception', folders), fidelity);
  assert.equal(requireFeatureWeights('inception', folders), fidelity);
  assert.equal(findFeatureWeights('lpips', folders), undefined);
});

test('weights that are not here: where it looked, and the ways to go on', () => {
  refused(
    () => requireFeatureWeights('inception', ['/one', '/two']),
    /not on this machine; expected pt_inception-2015-12-05-6726825d\.pth or .* in \/one or \/two\./,
    /"sagan features fetch inception".*--features-file FILE.*"--features mnist"/,
  );
  refused(() => requireFeatureWeights('vgg16', ['/one']), /"sagan features fetch vgg16", or leave out the metric/);
});

test('published weights have names of their own, whole sums, and the sum that their file names begin', () => {
  const unique = (values: readonly string[]) => assert.equal(new Set(values).size, values.length);
  unique(publishedWeights.map(({ name }) => name));
  unique(publishedWeights.map(({ fileName }) => fileName));
  for (const { url, fileName, sha256 } of publishedWeights) {
    assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.ok(url.startsWith('https://') && url.endsWith(`/${fileName}`), url);
    const named = /-([0-9a-f]{8})\.pth$/.exec(fileName)?.[1];
    assert.ok(named === undefined || sha256.startsWith(named), fileName);
  }
  refused(() => findPublishedWeights('incepton'), /Weights "incepton".*Did you mean "inception"\?/);
});

test('a file that bears a published name must have its bytes; other names may have any', () => {
  const [first] = publishedWeights;
  assert.ok(first !== undefined);
  const other = '0'.repeat(64);
  checkPublishedWeights(`/somewhere/${first.fileName}`, first.sha256);
  checkPublishedWeights('/somewhere/my-own.pth', other);
  refused(
    () => checkPublishedWeights(`/somewhere/${first.fileName}`, other),
    new RegExp(`is ${other}; expected ${first.sha256}.*sagan features fetch inception`),
  );
});
