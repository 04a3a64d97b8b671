import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerOf } from '../../points.ts';
import { endPoint, gridOf } from './grid.ts';
import { frameAt, playableFrames, shifted, walkOf } from './walk.ts';

const point = (seed: number, classes = 0) => ({ latent: cornerOf(seed), classes });

test('a walk passes points, and classes where there are several', () => {
  const timing = { frames: 9, loop: true };
  const conditional = { ...timing, hasClasses: true };
  assert.deepEqual(walkOf([point(1), point(2)], { ...timing, hasClasses: false }), {
    points: [cornerOf(1), cornerOf(2)],
    ...timing,
  });
  assert.deepEqual(walkOf([point(1, 4), point(2, 4)], conditional).classes, [4]);
  assert.deepEqual(walkOf([point(1, 4), point(2, 5)], conditional).classes, [4, 5]);
});

test('frames come at their rate, and end where there is no loop', () => {
  const film = { frames: 10, framesPerSecond: 20, loops: true };
  assert.deepEqual(
    [0, 49, 50, 499, 500, 1275].map((at) => frameAt(at, film)),
    [0, 0, 1, 9, 0, 5],
  );
  assert.deepEqual(
    [499, 500].map((at) => frameAt(at, { ...film, loops: false })),
    [9, undefined],
  );
  assert.deepEqual([playableFrames(600, 32), playableFrames(600, 256), playableFrames(60, 256)], [512, 64, 60]);
});

test('kept points change places', () => {
  assert.deepEqual(shifted(['a', 'b', 'c'], 0, 1), ['b', 'a', 'c']);
  assert.deepEqual(shifted(['a', 'b', 'c'], 2, -1), ['a', 'c', 'b']);
  assert.deepEqual(shifted(['a', 'b'], 1, 1), ['a', 'b']);
});

test('a grid has a row a class, a coordinate or a direction', () => {
  const here = point(1, 2);
  const grid = {
    here,
    from: endPoint('here', here, []),
    to: endPoint('right', here, []),
    classCount: 12,
    rows: [],
    coordinates: [3, 1],
    directions: 2,
    reach: 2.5,
    columns: 5,
  };
  const planned = (kind: 'classes' | 'coordinates' | 'directions', change = {}) => {
    const asked = gridOf(kind, { ...grid, ...change });
    return asked && { asked, ...{ rows: asked.rows?.length, points: asked.points.map(({ x }) => x) } };
  };
  assert.deepEqual([planned('classes')?.rows, planned('classes')?.points], [10, [0, 1]]);
  assert.deepEqual(planned('classes', { rows: [7, 20] })?.asked.rows, [7], 'classes that there are not are left out');
  assert.equal(planned('classes', { classCount: 0 })?.rows, undefined);
  assert.equal(planned('coordinates', { coordinates: [] }), undefined);
  const traversed = planned('coordinates')?.asked;
  assert.deepEqual(
    traversed?.traversals?.map(({ number, reach }) => [number, reach]),
    [
      [3, 2.5],
      [1, 2.5],
    ],
  );
  assert.deepEqual([traversed?.classes, traversed?.rows], [[2], undefined]);
  assert.equal(planned('directions')?.asked.traversals?.length, 2);
  const kept = [point(8), point(9)];
  assert.deepEqual([endPoint('2', here, kept), endPoint('3', here, kept)], [kept[1], here]);
});
