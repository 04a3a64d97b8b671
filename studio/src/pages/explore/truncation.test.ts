import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerOf } from '../../points.ts';
import { narrowed, narrowings, narrowingWords, placeOf, places, shareAt } from './truncation.ts';

test('the slider goes from none to 0.1, and knows where a ψ is', () => {
  for (const kind of narrowings) {
    const all = places[kind];
    assert.deepEqual([all[0], all.at(-1)], [undefined, 0.1]);
    for (const [place, psi] of all.entries()) assert.equal(placeOf(kind, psi), place, `${kind} ${psi}`);
    assert.equal(placeOf(kind, 0.001), all.length - 1);
  }
  assert.deepEqual(places.scale.slice(1, 4), [0.95, 0.9, 0.85]);
  assert.equal(places.truncation[placeOf('truncation', 1.234)], 1.2);
});

test('a latent is narrowed in one way or the other', () => {
  const cut = narrowed(cornerOf(1), 'truncation', 0.7);
  assert.deepEqual(cut, { ...cornerOf(1), truncation: 0.7 });
  assert.deepEqual(narrowed(cut, 'scale', 0.5), { ...cornerOf(1), scale: 0.5 });
  assert.deepEqual(narrowed(cut, 'truncation', undefined), cornerOf(1));
});

test('variety between measurements is on the line between them', () => {
  const at = (psi: number | undefined, share: number) => ({ psi, share, meanDistance: share });
  const measured = [at(undefined, 1), at(0.8, 0.9), at(0.4, 0.5)];
  for (const [psi, share] of [
    [0.8, 0.9],
    [0.9, 0.95],
    [0.6, 0.7],
    [0.1, 0.5],
  ] as const) {
    assert.ok(Math.abs((shareAt('scale', measured, psi) ?? 0) - share) < 1e-9, `${psi}`);
  }
  assert.equal(shareAt('truncation', [at(undefined, 1), at(2, 0.9)], 2), 0.9);
  assert.equal(shareAt('scale', [], 1), undefined);
});

test('which of the two ways is meant is said in words', () => {
  assert.match(narrowingWords('truncation', 0.5), /beyond ±0\.5 are drawn again/);
  assert.match(narrowingWords('scale', 0.5), /is multiplied by 0\.5/);
  assert.match(narrowingWords('scale', undefined), /^Not in use: .* would be multiplied by ψ/);
});
