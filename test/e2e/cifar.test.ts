/** CIFAR-10 from the command line: a look at it, training on it, and fetching it as far as that goes without a network. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { jsonLines, sagan, scratch, tinyTraining } from './command-line.ts';

const folder = join(scratch, 'cifar-10-batches-bin');
const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

before(() => {
  mkdirSync(folder);
  for (const batch of [1, 2, 3, 4, 5]) {
    const records = [batch, 9].map((label) => Buffer.alloc(3073, 40 * batch).fill(label, 0, 1));
    writeFileSync(join(folder, `data_batch_${batch}.bin`), Buffer.concat(records));
  }
  writeFileSync(join(folder, 'batches.meta.txt'), `${names.join('\n')}\n\n`);
});

test('data counts the classes by their names, and a run trains on them', async () => {
  const looked = await sagan('data', folder, '--json');
  const report = jsonLines(looked.stdout).at(-1);
  assert.deepEqual([report?.name, report?.count, report?.channels], ['cifar10', 10, 3]);
  assert.deepEqual(
    report?.classes,
    [0, 1, 1, 1, 1, 1, 0, 0, 0, 5].map((count, i) => ({ name: names[i], count })),
  );
  const { code, stdout, stderr } = await sagan(
    ...tinyTraining(`cifar10:${folder}`, join(scratch, 'run'), '--steps', '1'),
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /dataset {2}cifar10: 10 images, 32×32×3, 10 classes/);
});

test('fetch takes its own options, and refuses what it cannot fetch or check', async () => {
  const server = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const wrong = join(scratch, 'wrong.tar.gz');
  writeFileSync(wrong, 'no archive');
  const out = join(scratch, 'fetched');
  const pinned = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd';
  const mistakes = [
    [['cifar11'], /no archive of this name to fetch.*Did you mean "cifar10"\?/],
    [['cifar10', '--form', wrong], /unknown option '--form'/],
    [
      ['cifar10', '--from', wrong, '--out', out],
      new RegExp(`has 10 bytes and .*expected 170052171 bytes and ${pinned}`),
    ],
    [['cifar10', '--from', `http://127.0.0.1:${address.port}/`, '--out', out], /answers 503 .*--from FILE/],
    [['cifar10', '--out', folder], /there is something here already.*choose another with --out/],
  ] as const;
  await Promise.all(
    mistakes.map(async ([args, message]) => {
      const { code, stderr } = await sagan('data', 'fetch', ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at |defect of Sagan/);
    }),
  );
  server.close();
  const absent = await sagan('data', 'cifar10');
  assert.equal(absent.code, 2);
  assert.match(absent.stderr, /Fetch them with "sagan data fetch cifar10"/);
});

test('fetch --help fits and shows examples', async () => {
  const { code, stdout } = await sagan('data', 'fetch', '--help');
  assert.equal(code, 0);
  assert.match(stdout, /Example:\n {2}\$ sagan data fetch cifar10\n/);
  assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) <= 100, stdout);
});
