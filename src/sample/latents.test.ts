import assert from 'node:assert/strict';
import { test } from 'node:test';
import { board, latents, lerp, slerp } from './latents.ts';

const length = (z: Float32Array) => Math.hypot(...z);
const cosine = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / (length(a) * length(b));

test('a latent depends on its seed and number, not on the batch it is drawn in', () => {
  const all = latents(7, 10, 5);
  assert.equal(all.length, 50);
  assert.deepEqual([...latents(7, 4, 5), ...latents(7, 6, 5, 4)], [...all]);
  assert.notDeepEqual(latents(8, 10, 5), all);
  assert.equal(new Set(all).size, 50);
});

test('with labels a row is a class and a column a latent', () => {
  const { z, labels } = board(3, { rows: 5, columns: 4, numClasses: 3, latentDim: 6 });
  assert.deepEqual([...labels], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1]);
  const row = (index: number) => [...z.subarray(index * 24, (index + 1) * 24)];
  assert.deepEqual(row(1), row(0));
  assert.deepEqual(row(2), row(0));
  assert.notDeepEqual(row(3), row(0), 'a class shown again has new latents');
  assert.deepEqual(row(4), row(3));
  assert.equal(new Set(row(0)).size, 24);
  assert.equal(new Set(z).size, 48);
});

test('without labels every cell has a latent of its own', () => {
  const { z, labels } = board(3, { rows: 3, columns: 4, numClasses: 0, latentDim: 2 });
  assert.deepEqual(z, latents(3, 12, 2));
  assert.deepEqual([...labels], new Array(12).fill(0));
});

test('lerp goes straight', () => {
  const [a, b] = [Float32Array.of(0, 2), Float32Array.of(4, -2)];
  assert.deepEqual([...lerp(a, b, 0)], [0, 2]);
  assert.deepEqual([...lerp(a, b, 0.25)], [1, 1]);
  assert.deepEqual([...lerp(a, b, 1)], [4, -2]);
});

test('slerp keeps the length of equally long latents and turns evenly', () => {
  const [a, b] = [Float32Array.of(3, 0, 0), Float32Array.of(0, 3, 0)];
  for (const t of [0, 0.2, 0.5, 0.9, 1]) {
    const z = slerp(a, b, t);
    assert.ok(Math.abs(length(z) - 3) < 1e-6, `length at ${t}`);
    assert.ok(Math.abs(Math.acos(Math.min(1, cosine(a, z))) - (t * Math.PI) / 2) < 1e-3, `angle at ${t}`);
  }
  const [c, d] = [latents(1, 1, 128), latents(1, 1, 128, 1)];
  assert.ok(length(slerp(c, d, 0.5)) > 1.3 * length(lerp(c, d, 0.5)), 'the arc stays out where latents are');
});

test('slerp of parallel, opposite and zero latents is the straight line', () => {
  const a = Float32Array.of(1, 2);
  for (const b of [Float32Array.of(2, 4), Float32Array.of(-1, -2), Float32Array.of(0, 0)]) {
    assert.deepEqual(slerp(a, b, 0.25), lerp(a, b, 0.25));
  }
});

test('latents of unequal lengths are refused', () => {
  assert.throws(() => lerp(new Float32Array(2), new Float32Array(3), 0.5), /have 2 and 3 elements/);
  assert.throws(() => slerp(new Float32Array(2), new Float32Array(3), 0.5), /have 2 and 3 elements/);
});
