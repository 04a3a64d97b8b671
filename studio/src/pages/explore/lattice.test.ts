import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latentOf } from '../../../../src/sample/latent-point.ts';
import { latents } from '../../../../src/sample/latents.ts';
import { drawnAt, mapCorners, mapOrigin, movedBy, nearestCorner, onMap } from './lattice.ts';

test('small steps add up to where they lead', () => {
  let at = { x: 0, y: 0 };
  for (let i = 0; i < 20; i++) at = movedBy(at, 0.05, -0.05);
  assert.deepEqual(at, { x: 1, y: -1 });
  assert.deepEqual(movedBy(at, -1, 1), { x: 0, y: 0 });
  assert.deepEqual(movedBy({ x: 999_999.5, y: 0 }, 1, 0), { x: 1e6, y: 0 });
});

test('snapping goes to the nearest corner, and there is the latent that is drawn', () => {
  assert.deepEqual(nearestCorner({ x: 1.4, y: -0.4 }), { x: 1, y: 0 });
  assert.deepEqual(nearestCorner({ x: -1.6, y: 2.5 }), { x: -2, y: 3 });
  const space = { latentDim: 5, latents: 'normal' } as const;
  const corner = { x: 3, y: 2 };
  const { seed, index } = drawnAt(7, corner);
  assert.deepEqual(latentOf({ seed: 7, ...corner }, space), latents(seed, 1, space, { first: index }));
});

test('the map shows the cell and one more to each side', () => {
  const origin = mapOrigin({ x: 1.25, y: -0.5 });
  assert.deepEqual(origin, { x: 0, y: -2 });
  const corners = mapCorners(origin);
  assert.deepEqual(
    [corners.length, corners[0], corners[5], corners[15]],
    [16, origin, { x: 1, y: -1 }, { x: 3, y: 1 }],
  );
  assert.deepEqual(
    onMap(origin, { x: 1, y: -1 }),
    { x: 1.5 / 4, y: 1.5 / 4 },
    'in the middle of the picture of its corner',
  );
  assert.deepEqual(onMap(origin, { x: 9, y: -9 }), { x: 1, y: 0 }, 'at the edge while the map is behind');
});
