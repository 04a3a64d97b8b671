import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paintHeat } from '../../../../src/inspect/heat-map.ts';
import { createCanvas } from '../../../../src/picture/canvas.ts';
import { heatColour as figureColour, type Rgb } from '../../../../src/picture/colours.ts';
import { differenceOf, heatColour, heatOver } from './heat.ts';

const side = 8;
const image = Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
const weights = Float32Array.from([0, 0.1, 0.2, 0.7]);

test('the scale is that of the figures', () => {
  for (const value of [-1, 0, 0.13, 0.5, 0.81, 1, 2]) {
    assert.deepEqual(heatColour(value), figureColour(value));
  }
});

test('at its full strength the heat is that of the figures, and without strength the image is left', () => {
  const canvas = createCanvas(side, side, '#000000');
  const pixel = (row: number, column: number): Rgb => {
    const at = 4 * (row * side + column);
    return [image[at] ?? 0, image[at + 1] ?? 0, image[at + 2] ?? 0];
  };
  paintHeat(canvas, { left: 0, top: 0, side }, weights, [2, 2], pixel);
  const drawn = heatOver(image, side, weights, [2, 2], 1);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) {
      const [seen, expected] = [drawn[4 * i + c] ?? Number.NaN, canvas.pixels[3 * i + c] ?? Number.NaN];
      assert.ok(Math.abs(seen - expected) <= 1, `${i} ${c}: ${seen}, not ${expected}`);
    }
  }
  assert.deepEqual(heatOver(image, side, weights, [2, 2], 0), image);
  assert.ok(heatOver(image, side, new Float32Array(4), [2, 2], 1).every(Number.isFinite));
});

test('a difference is stretched, and told as it is', () => {
  const a = Uint8ClampedArray.of(10, 20, 30, 255, 0, 0, 0, 255);
  const b = Uint8ClampedArray.of(10, 22, 26, 255, 0, 0, 0, 255);
  const { pixels, largest, mean } = differenceOf(a, b);
  assert.deepEqual([...pixels], [0, 128, 255, 255, 0, 0, 0, 255]);
  assert.deepEqual([largest, mean], [4, 1]);
  assert.deepEqual([...differenceOf(a, a).pixels], [0, 0, 0, 255, 0, 0, 0, 255]);
});
