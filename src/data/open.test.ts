import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { defaultCacheFolder, openDataset } from './index.ts';

test('a name that is nothing is refused with the nearest name, a path with where it leads', async () => {
  for (const [name, message] of [
    ['mnits', /Did you mean "mnist"\?/],
    ['fashin-mnist:/somewhere', /Did you mean "fashion-mnist"\?/],
    ['absent/folder', /there is nothing at .*absent.folder; expected a name or a folder/],
    ['package.json', /there is a file at/],
    ['', /no dataset has this name/],
  ] as const) {
    await assert.rejects(openDataset(name, { resolution: 32 }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a resolution that is no number of pixels is refused', async () => {
  for (const resolution of [0, -32, 1.5, Number.NaN, 4097]) {
    await assert.rejects(openDataset('mnist', { resolution }), /expected a whole number of pixels/);
  }
});

test('decoded images are kept where the system keeps caches', () => {
  assert.equal(
    defaultCacheFolder({ XDG_CACHE_HOME: resolve('/caches') }),
    join(resolve('/caches'), 'sagan', 'datasets'),
  );
  for (const environment of [{}, { XDG_CACHE_HOME: 'relative' }]) {
    assert.ok(defaultCacheFolder(environment).startsWith(homedir()));
    assert.ok(defaultCacheFolder(environment).endsWith(join('sagan', 'datasets')));
  }
});
