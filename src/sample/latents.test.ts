import assert from 'node:assert/strict';
import { test } from 'node:test';
import { board, type LatentOptions, latents, lerp, slerp } from './latents.ts';

const normal = (latentDim: number) => ({ latentDim, latents: 'normal' }) as const;
const uniform = (latentDim: number) => ({ latentDim, latents: 'uniform' }) as const;

const length = (z: Float32Array) => Math.hypot(...z);
const cosine = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / (length(a) * length(b));

test('a latent depends on its seed and number, not on the batch it is drawn in', () => {
  const all = latents(7, 10, normal(5));
  assert.equal(all.length, 50);
  assert.deepEqual([...latents(7, 4, normal(5)), ...latents(7, 6, normal(5), { first: 4 })], [...all]);
  assert.notDeepEqual(latents(8, 10, normal(5)), all);
  assert.equal(new Set(all).size, 50);
});

/** Mean, variance and largest magnitude. */
function moments(z: Float32Array) {
  const mean = z.reduce((sum, x) => sum + x, 0) / z.length;
  const variance = z.reduce((sum, x) => sum + (x - mean) ** 2, 0) / z.length;
  return { mean, variance, largest: z.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
}

const integral = (f: (x: number) => number, bound: number) => {
  const steps = 10_000;
  return Array.from({ length: steps }, (_, i) => f(bound * ((i + 0.5) / steps))).reduce((a, b) => a + b, 0) / steps;
};

test('truncated latents have the moments of the normal distribution between its bounds', () => {
  for (const truncation of [4, 2, 1, 0.5, 0.04]) {
    const count = 100_000;
    const { mean, variance, largest } = moments(latents(2, count / 100, normal(100), { truncation }));
    const density = (x: number) => Math.exp(-(x ** 2) / 2);
    const moment = (order: number) =>
      integral((x) => x ** order * density(x), truncation) / integral(density, truncation);
    const near = (seen: number, expected: number, deviation: number, what: string) =>
      assert.ok(Math.abs(seen - expected) < 4 * deviation, `${what} ${seen}, expected ${expected}, at ${truncation}`);
    near(mean, 0, Math.sqrt(moment(2) / count), 'mean');
    near(variance, moment(2), Math.sqrt((moment(4) - moment(2) ** 2) / count), 'variance');
    assert.ok(largest <= Math.fround(truncation) && largest > 0.95 * truncation, `largest ${largest} at ${truncation}`);
  }
});

test('truncation draws again what lies beyond, and leaves the rest as it is', () => {
  const whole = latents(5, 20, normal(10));
  const truncated = latents(5, 20, normal(10), { truncation: 1 });
  let again = 0;
  for (const [i, value] of whole.entries()) {
    if (Math.abs(value) <= 1) assert.equal(truncated[i], value);
    else again += 1;
  }
  assert.ok(again > 30, `${again} coordinates lie beyond 1`);
  const drawnAgain = truncated.filter((value, i) => value !== whole[i]);
  assert.equal(new Set(drawnAgain).size, again, 'each coordinate has a draw of its own');
  assert.deepEqual(latents(5, 20, normal(10), { truncation: 7 }), whole);
});

test('truncated and scaled latents depend on their seed and number, not on the batch they are drawn in', () => {
  for (const narrowing of [{ truncation: 0.3 }, { scale: 0.3 }]) {
    const draw = (count: number, first: number) => latents(7, count, normal(5), { ...narrowing, first });
    assert.deepEqual([...draw(4, 0), ...draw(6, 4)], [...draw(10, 0)]);
    assert.notDeepEqual(latents(8, 10, normal(5), narrowing), draw(10, 0));
    const cells = board(7, normal(5), { rows: 2, columns: 5, numClasses: 0, ...narrowing });
    assert.deepEqual(cells.z, draw(10, 0));
  }
});

test('scaled latents are the others times the scale', () => {
  const whole = latents(5, 20, normal(10));
  assert.deepEqual(
    latents(5, 20, normal(10), { scale: 0.5 }),
    whole.map((value) => value * 0.5),
  );
});

test('uniform latents are uniform on −1 … 1, and are scaled', () => {
  const { mean, variance, largest } = moments(latents(4, 1000, uniform(100)));
  assert.ok(Math.abs(mean) < 4 * Math.sqrt(1 / 3 / 100_000), `mean ${mean}`);
  assert.ok(Math.abs(variance - 1 / 3) < 4 * Math.sqrt((1 / 5 - 1 / 9) / 100_000), `variance ${variance}`);
  assert.ok(largest <= 1 && largest > 0.999, `largest ${largest}`);
  assert.ok(moments(latents(4, 10, uniform(100), { scale: 0.25 })).largest <= 0.25);
});

test('narrowings that are none are refused in words', () => {
  const draw = (options: LatentOptions) => latents(1, 1, normal(2), options);
  for (const value of [0, -0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => draw({ truncation: value }), new RegExp(`truncation is ${value}; expected a number above 0`));
    assert.throws(() => draw({ scale: value }), new RegExp(`scale is ${value}; expected a number above 0`));
  }
  assert.throws(() => draw({ truncation: 1, scale: 0.5 }), /both truncation \(1\) and scale \(0\.5\) are given/);
  assert.throws(() => latents(1, 1, uniform(2), { truncation: 0.5 }), /latents are uniform on −1 … 1.*Use scale/);
});

test('with labels a row is a class and a column a latent', () => {
  const { z, labels } = board(3, normal(6), { rows: 5, columns: 4, numClasses: 3 });
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
  const { z, labels } = board(3, normal(2), { rows: 3, columns: 4, numClasses: 0 });
  assert.deepEqual(z, latents(3, 12, normal(2)));
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
  const [c, d] = [latents(1, 1, normal(128)), latents(1, 1, normal(128), { first: 1 })];
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
