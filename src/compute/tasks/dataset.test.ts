import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { temporaryFolder } from '../../../test/fault/small-run.ts';
import { createRun } from '../../store/index.ts';
import { parseConfig } from '../../train/index.ts';
import { ComputeHost } from '../host.ts';
import type { Progress } from '../protocol.ts';
import type { TaskName, TaskRequest, TaskResult } from './index.ts';

const host = new ComputeHost();
after(() => host.close());

/** What a page gets, with the folder of the run that it names, if any. */
async function ask<Name extends TaskName>(
  task: Name,
  request: TaskRequest<Name>,
  options: { folder?: string; signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<TaskResult<Name>> {
  const { folder, ...others } = options;
  const folders = new Map(folder === undefined ? [] : [['mine', folder]]);
  return JSON.parse(await host.ask({ task, request, folders }, others));
}

async function photos(folder: string): Promise<string> {
  const root = join(folder, 'photos');
  for (const name of ['cats', 'dogs']) mkdirSync(join(root, name), { recursive: true });
  for (const [index, name] of ['cats/a', 'cats/b', 'cats/c', 'dogs/a'].entries()) {
    const background = `hsl(${90 * index}, 80%, 50%)`;
    await sharp({ create: { width: 20, height: 10, channels: 3, background } })
      .png()
      .toFile(join(root, `${name}.png`));
  }
  copyFileSync(join(root, 'cats/a.png'), join(root, 'dogs/twin.png'));
  writeFileSync(join(root, 'dogs/torn.png'), 'torn');
  return root;
}

async function pixelsOf(picture: string, channels: 1 | 3): Promise<number[]> {
  const png = Buffer.from(picture.replace('data:image/png;base64,', ''), 'base64');
  return [
    ...(await sharp(png)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer()),
  ];
}

test('a folder is seen as the loader sees it: bad files are listed, twins found, images told by class and page', async (t) => {
  process.env.XDG_CACHE_HOME = temporaryFolder(t);
  const name = await photos(temporaryFolder(t));
  const source = { of: 'name', name, resolution: 4 } as const;
  const seen = await ask('dataset', { source });
  assert.deepEqual([seen.count, seen.resolution, seen.channels, seen.hasOriginals], [5, 4, 3, true]);
  assert.deepEqual(seen.classes, [
    { name: 'cats', count: 3 },
    { name: 'dogs', count: 2 },
  ]);
  assert.deepEqual([seen.badFileCount, seen.badFiles[0]?.path, seen.doesSkipBad], [1, 'dogs/torn.png', false]);
  const { copies, groups } = await ask('datasetDuplicates', { source });
  assert.deepEqual([copies, groups[0]?.images.map(({ path }) => path)], [1, ['cats/a.png', 'dogs/twin.png']]);

  const dogs = await ask('datasetImages', { source, class: 1, from: 1, count: 5 });
  assert.deepEqual([dogs.total, dogs.images.map(({ index, path }) => [index, path])], [2, [[4, 'dogs/twin.png']]]);
  const all = await ask('datasetImages', { source, from: 3, count: 1 });
  assert.deepEqual([all.total, all.images.map(({ index, label }) => [index, label])], [5, [[3, 1]]]);
  await assert.rejects(ask('datasetImages', { source, class: 2, count: 1 }), /there is no class 2; expected 0 to 1/);

  const look = await ask('datasetOriginal', { source, index: 4 });
  assert.equal(look.className, 'dogs');
  assert.deepEqual(look.original?.crop, { left: 5, top: 0, side: 10 });
  assert.deepEqual((await pixelsOf(look.original?.picture ?? '', 3)).length, 20 * 10 * 3);
  assert.deepEqual(await pixelsOf(look.seen, 3), await pixelsOf(dogs.images[0]?.picture ?? '', 3));
  await assert.rejects(ask('datasetOriginal', { source, index: 5 }), /there is no image 5; expected 0 to 4/);

  writeFileSync(join(name, 'cats', 'new.png'), await sharp(join(name, 'cats/a.png')).negate().png().toBuffer());
  assert.equal((await ask('dataset', { source })).count, 5, 'kept until somebody looks again');
  assert.equal((await ask('dataset', { source: { ...source, look: 1 } })).count, 6);
});

test("a run's dataset is read with the run's own settings, before it has a checkpoint", async (t) => {
  const folder = join(temporaryFolder(t), 'run');
  const data = { source: 'mnist', resolution: 16, holdOut: 0.1 };
  const config = parseConfig({ model: { name: 'sagan' }, data }, 'the test');
  createRun(folder, JSON.parse(JSON.stringify(config)));
  const source = { of: 'run', run: 'mine' } as const;
  const seen = await ask('dataset', { source }, { folder });
  assert.deepEqual([seen.name, seen.count, seen.resolution, seen.holdOut], ['mnist', 60_000, 16, 0.1]);
  await assert.rejects(ask('dataset', { source }), /run "mine": there is none of this name/);
});

test('a search for duplicates tells how far it is, makes room when it is withdrawn, and goes on from there', async () => {
  const source = { of: 'name', name: 'mnist', resolution: 32 } as const;
  const page = new AbortController();
  const before: number[] = [];
  const withdrawn = ask(
    'datasetDuplicates',
    { source },
    {
      signal: page.signal,
      onProgress: ({ done, total }) => {
        assert.equal(total, 60_000);
        before.push(done);
        page.abort();
      },
    },
  );
  await assert.rejects(withdrawn, /withdrawn/);
  assert.equal((await ask('datasetImages', { source, count: 3 })).images.length, 3);
  const later: number[] = [];
  const { copies } = await ask('datasetDuplicates', { source }, { onProgress: ({ done }) => later.push(done) });
  assert.equal(copies, 0);
  assert.ok((before[0] ?? 0) < (later[0] ?? 0) && later.at(-1) === 60_000, `${before} then ${later}`);
});

test('a dataset that is not there is refused in the words of the loader', async () => {
  const asked = ask('dataset', { source: { of: 'name', name: 'mnsit' } });
  await assert.rejects(asked, /Dataset "mnsit": no dataset has this name.*Did you mean "mnist"/);
});
