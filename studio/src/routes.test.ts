import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { routeOf, runPages, runPath } from './routes.ts';

test('plain pages have their addresses', () => {
  assert.deepEqual(['/', '/new', '/compare', '/data'].map(routeOf), [
    { page: 'runs' },
    { page: 'new' },
    { page: 'compare' },
    { page: 'data' },
  ]);
});

test('a run of any name is found by the address that is made of it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.constantFrom(...runPages), (run, page) => {
      assert.deepEqual(routeOf(runPath(run, page)), { page, run });
    }),
  );
  assert.deepEqual(routeOf(runPath('run', 'run')), { page: 'run', run: 'run' });
  assert.deepEqual(routeOf(runPath('a/b')), { page: 'run', run: 'a/b' });
});

test('other addresses are missing pages', () => {
  for (const path of [
    '/run',
    '/run/',
    '/run/a/',
    '/run/a/run',
    '/run/a/b',
    '/run/a/explore/c',
    '/runs',
    '/run/%E0%A4%A',
  ])
    assert.deepEqual(routeOf(path), { page: 'missing' }, path);
});
