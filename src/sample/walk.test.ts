import assert from 'node:assert/strict';
import { test } from 'node:test';
import { midCourse } from '../../test/tables/models.ts';
import { openRuntime } from '../engine/index.ts';
import { findModel, traceSampler } from '../gan/index.ts';
import { Generator } from './generator.ts';
import { latentOf } from './latent-point.ts';
import { slerp } from './latents.ts';
import { toBytes } from './to-bytes.ts';
import { generateAll, traversalValues, traverse, walk } from './walk.ts';

const space = { latentDim: 6, latents: 'normal' } as const;
const setting = { space, numClasses: 3 };
const points = [{ seed: 1 }, { seed: 2, x: 0.5 }, { seed: 3 }];
const z = points.map((point) => latentOf(point, space));
const [a = new Float32Array(0), b = a, c = a] = z;

test('a walk passes its points in steps of equal length, and ends at the last', () => {
  const frames = walk({ points, classes: [0] }, { frames: 9, loop: false }, setting);
  assert.equal(frames.length, 9);
  for (const [frame, expected] of [a, slerp(a, b, 0.25), slerp(a, b, 0.5), slerp(a, b, 0.75), b].entries()) {
    assert.deepEqual(frames[frame]?.z, expected, `frame ${frame}`);
  }
  assert.deepEqual(frames[6]?.z, slerp(b, c, 0.5));
  assert.deepEqual(frames[8]?.z, c);
});

test('a loop leads on to where it began, and does not stand there twice', () => {
  const frames = walk({ points, classes: [0] }, { frames: 12, loop: true }, setting);
  assert.deepEqual([frames[0]?.z, frames[4]?.z, frames[8]?.z], [a, b, c]);
  assert.deepEqual(frames[11]?.z, slerp(c, a, 0.75));
});

test('uniform latents are walked between on a straight line', () => {
  const uniform = { latentDim: 6, latents: 'uniform' } as const;
  const [first, middle, last] = walk(
    { points: points.slice(0, 2), classes: [0] },
    { frames: 3, loop: false },
    { space: uniform, numClasses: 0 },
  );
  for (const [k, value] of (middle?.z ?? []).entries()) {
    assert.ok(Math.abs(value - ((first?.z[k] ?? 0) + (last?.z[k] ?? 0)) / 2) < 1e-6);
  }
});

test('classes are passed beside points, and the shorter list begins again', () => {
  const weights = walk({ points: [{ seed: 1 }], classes: [0, 2] }, { frames: 5, loop: false }, setting);
  assert.deepEqual(
    weights.map((source) => [...source.weights]),
    [
      [1, 0, 0],
      [0.75, 0, 0.25],
      [0.5, 0, 0.5],
      [0.25, 0, 0.75],
      [0, 0, 1],
    ],
  );
  for (const source of weights) assert.deepEqual(source.z, a);
  const both = walk({ points, classes: [0, 1] }, { frames: 3, loop: false }, setting);
  assert.deepEqual(
    both.map((source) => [...source.weights]),
    [
      [1, 0, 0],
      [0, 1, 0],
      [1, 0, 0],
    ],
  );
});

test('one image of a walk is its first key', () => {
  const [only, ...others] = walk({ points, classes: [1] }, { frames: 1, loop: false }, setting);
  assert.deepEqual(only, { z: a, weights: Float32Array.of(0, 1, 0) });
  assert.equal(others.length, 0);
});

test('a traversal sets a coordinate, or goes along a direction, and leaves the rest', () => {
  const timing = { frames: 3, loop: false };
  assert.deepEqual(traversalValues(2, timing), [-2, 0, 2]);
  const set = traverse({ seed: 1 }, 0, { what: 'coordinate', number: 4, reach: 2 }, timing, setting);
  const directions = [Float32Array.of(0, 1, 0, 0, 0, 0)];
  const along = traverse({ seed: 1 }, 0, { what: 'direction', number: 0, reach: 2 }, timing, {
    ...setting,
    directions,
  });
  for (const [frame, value] of [-2, 0, 2].entries()) {
    assert.deepEqual(
      set[frame]?.z,
      a.map((x, k) => (k === 4 ? value : x)),
    );
    assert.deepEqual(
      along[frame]?.z,
      a.map((x, k) => (k === 1 ? x + value : x)),
    );
  }
  const there = traversalValues(2, { frames: 8, loop: true });
  assert.deepEqual([there[0], there[4]], [-2, 2]);
  assert.ok(Math.abs((there[2] ?? 1) - 0) < 1e-12 && Math.abs((there[6] ?? 1) - 0) < 1e-12);
});

test('images are those of the generator, however many there are', async () => {
  const model = findModel('sagan').bind(
    { latentDim: 6, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [] },
    { resolution: 32, channels: 1, classes: 3 },
  );
  const state = new Map(Object.entries(midCourse(traceSampler(model, { batch: 1 }).variables)));
  const runtime = await openRuntime({ threads: 1, passes: 'none' });
  const generator = await Generator.open(runtime, model, state, { batch: 16, labels: 'weights' });
  const sources = walk({ points, classes: [0, 1, 2] }, { frames: 70, loop: true }, setting);
  const told: number[] = [];
  const images = await generateAll(generator, sources, async (done) => void told.push(done));
  assert.deepEqual(told, [0, 64]);
  for (const n of [0, 1, 63, 64, 69]) {
    const source = sources[n];
    if (source === undefined) assert.fail();
    const alone = toBytes((await generator.generate(source.z, source.weights)).images);
    assert.deepEqual(images.subarray(n * 1024, (n + 1) * 1024), alone, `image ${n}`);
  }
  const withdrawn = generateAll(generator, sources, () => Promise.reject(new Error('withdrawn')));
  await assert.rejects(withdrawn, /withdrawn/);
});
