import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { canvasToPng, countImages, createCanvas, paintTile, pixelOf } from './canvas.ts';
import { heatColour, luminanceOf, rgbOf } from './colours.ts';
import { path, rectangle, svgDocument, svgToPng, text } from './svg.ts';

test('pixels that no element touches come back from the PNG unchanged', async () => {
  const canvas = createCanvas(40, 30, '#102030');
  paintTile(canvas, 3, 2, 20, (row, column) => [row * 12, column * 12, 255 - row]);
  const png = await canvasToPng(canvas, [path(rectangle(30, 20, 10, 10), { fill: '#ff0000' })]);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [40, 30, 3]);
  for (let i = 0; i < 40 * 30; i++) {
    const [x, y] = [i % 40, Math.floor(i / 40)];
    const expected = x >= 30 && y >= 20 ? [255, 0, 0] : [...canvas.pixels.subarray(3 * i, 3 * i + 3)];
    assert.deepEqual([...data.subarray(3 * i, 3 * i + 3)], expected, `(${x}, ${y})`);
  }
});

test('a tile stands where it is put and nowhere else', () => {
  const canvas = createCanvas(6, 5, '#000000');
  paintTile(canvas, 2, 1, 3, (row, column) => [row + 1, column + 1, 9]);
  const painted = Array.from({ length: 30 }, (_, i) => [...canvas.pixels.subarray(3 * i, 3 * i + 3)]);
  assert.deepEqual(painted[1 * 6 + 4], [1, 3, 9]);
  assert.deepEqual(painted[3 * 6 + 2], [3, 1, 9]);
  assert.equal(painted.filter((rgb) => rgb[2] === 9).length, 9);
});

test('pixels are read plane by plane, grey ones in all three channels', () => {
  const images = Uint8Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual(pixelOf({ images, channels: 3, resolution: 2 }, 1, 1, 0), [14, 18, 22]);
  assert.deepEqual(pixelOf({ images, channels: 1, resolution: 2 }, 1, 1, 0), [6, 6, 6]);
  assert.equal(countImages({ images, channels: 3, resolution: 2 }, 'test'), 2);
});

test('bytes that are no batch of images are refused', () => {
  const images = new Uint8Array(24);
  assert.throws(() => countImages({ images, channels: 2, resolution: 2 }, 'sheet'), /sheet: images have 2 channels/);
  assert.throws(() => countImages({ images, channels: 1, resolution: 5 }, 'sheet'), /24 bytes are not a whole number/);
  assert.throws(() => countImages({ images: new Uint8Array(0), channels: 1, resolution: 5 }, 'sheet'), /0 bytes/);
});

test('text is drawn without a font: paths only, dark pixels where the stems are', async () => {
  const svg = svgDocument(40, 40, [
    path(rectangle(0, 0, 40, 40), { fill: '#ffffff' }),
    text('H', { capHeight: 20, x: 10, baseline: 30, colour: '#000000' }),
  ]);
  assert.doesNotMatch(svg, /<text|font/);
  const { data, info } = await sharp(await svgToPng(svg, 2))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [80, 80]);
  const at = (x: number, y: number) => data[(2 * y * 80 + 2 * x) * info.channels] ?? -1;
  assert.ok(
    [at(10, 12), at(24, 28), at(17, 20)].every((grey) => grey < 10),
    'stems and bar',
  );
  assert.ok(
    [at(17, 13), at(17, 27), at(5, 20)].every((grey) => grey === 255),
    'between and outside',
  );
});

test('heat rises in luminance from 0 to 1 and is level outside', () => {
  const luminances = Array.from({ length: 101 }, (_, i) => luminanceOf(heatColour(i / 100)));
  for (const [i, value] of luminances.entries()) assert.ok(i === 0 || value > (luminances[i - 1] ?? 0), `${i}`);
  assert.deepEqual(heatColour(-1), heatColour(0));
  assert.deepEqual(heatColour(7), heatColour(1));
  assert.deepEqual(rgbOf('#0a80ff'), [10, 128, 255]);
});
