import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LatentPoint, latentOf } from './latent-point.ts';
import { latents } from './latents.ts';

const normal = { latentDim: 200, latents: 'normal' } as const;
const uniform = { latentDim: 200, latents: 'uniform' } as const;
const length = (z: Float32Array) => Math.hypot(...z);

test('the corners of the lattice are the latents that are sampled', () => {
  for (const [space, narrowing] of [
    [normal, {}],
    [normal, { truncation: 0.5 }],
    [normal, { scale: 0.5 }],
    [uniform, {}],
  ] as const) {
    for (const i of [0, 1, 17]) {
      const expected = latents(7, 1, space, { first: i, ...narrowing });
      assert.deepEqual(latentOf({ seed: 7, x: i, ...narrowing }, space), expected);
      assert.deepEqual(latentOf({ seed: 4, x: i, y: 3, ...narrowing }, space), expected);
    }
  }
  assert.deepEqual(latentOf({ seed: 7 }, normal), latents(7, 1, normal));
});

test('the lattice goes on where numbers and seeds end', () => {
  assert.deepEqual(latentOf({ seed: 2, x: -1 }, normal), latents(2, 1, normal, { first: 2 ** 32 - 1 }));
  assert.deepEqual(latentOf({ seed: 2, y: -3 }, normal), latents(Number.MAX_SAFE_INTEGER, 1, normal));
  assert.deepEqual(latentOf({ seed: Number.MAX_SAFE_INTEGER, y: 1 }, normal), latents(0, 1, normal));
  assert.equal(new Set(latentOf({ seed: 0, x: -0.5, y: -0.5 }, normal)).size, 200);
});

test('what lies between is as long as what is drawn, and in its range', () => {
  const middles = [
    [0.5, 0],
    [0.5, 0.5],
    [0.25, 0.8],
    [-3.3, 2.1],
  ] as const;
  for (const [x, y] of middles) {
    // The length of N(0, I) in n dimensions is √n, give or take 1/√2.
    const blended = length(latentOf({ seed: 1, x, y }, normal));
    assert.ok(Math.abs(blended - Math.sqrt(200)) < 4 / Math.SQRT2, `(${x}, ${y}): ${blended}`);
    const scaled = latentOf({ seed: 1, x, y, scale: 0.5 }, normal);
    assert.ok(Math.abs(length(scaled) - blended / 2) < 1e-5);
    for (const [space, narrowing, bound, variance] of [
      [uniform, {}, 1, 1 / 3],
      [uniform, { scale: 0.5 }, 0.5, 1 / 12],
      [normal, { truncation: 0.5 }, 0.5, 0.0805],
    ] as const) {
      const z = latentOf({ seed: 1, x, y, ...narrowing }, space);
      assert.ok(
        z.every((value) => Math.abs(value) <= bound),
        `(${x}, ${y}) leaves ±${bound}`,
      );
      const seen = z.reduce((sum, value) => sum + value ** 2, 0) / z.length;
      // Of 200 squares below bound²: their mean is within 4 · bound²·0.31/√200 of the variance.
      assert.ok(Math.abs(seen - variance) < 0.09 * bound ** 2, `(${x}, ${y}): ${seen}, not ${variance}`);
    }
  }
});

test('a small step changes the latent a little, across the edges of cells too', () => {
  for (const space of [normal, uniform]) {
    for (let at = 0.9; at < 1.1; at += 0.02) {
      const [a, b] = [latentOf({ seed: 5, x: at, y: 0.4 }, space), latentOf({ seed: 5, x: at + 0.02, y: 0.4 }, space)];
      assert.ok(length(a.map((value, k) => value - (b[k] ?? 0))) < 0.06 * length(a), `at ${at}`);
    }
  }
});

test('changes are made in their order: direction, then coordinate', () => {
  const directions = [Float32Array.from({ length: 200 }, (_, k) => (k === 3 ? 1 : 0)), new Float32Array(200).fill(0.1)];
  const plain = latentOf({ seed: 9 }, normal);
  const point: LatentPoint = {
    seed: 9,
    directions: [
      { direction: 0, amount: 2 },
      { direction: 1, amount: -1 },
    ],
    coordinates: [{ coordinate: 5, value: 7 }],
  };
  const moved = latentOf(point, normal, directions);
  for (const [k, value] of plain.entries()) {
    const expected = k === 5 ? 7 : value + (k === 3 ? 2 : 0) - 0.1;
    assert.ok(Math.abs((moved[k] ?? 0) - expected) < 1e-6, `coordinate ${k}`);
  }
});

test('what there is not is refused', () => {
  const direction = { seed: 0, directions: [{ direction: 2, amount: 1 }] };
  assert.throws(
    () => latentOf(direction, normal, [new Float32Array(200)]),
    /direction 2 is asked for, and there are 1,/,
  );
  assert.throws(
    () => latentOf({ seed: 0, coordinates: [{ coordinate: 200, value: 0 }] }, normal),
    /coordinate 200 is set, and the latents have 200; expected 0 to 199/,
  );
  assert.throws(() => latentOf({ seed: 0, truncation: 0.5 }, uniform), /only those from N\(0, 1\)/);
});
