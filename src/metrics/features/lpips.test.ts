import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hashed, recordedPerceptual } from '../../../test/golden/recorded-perceptual.ts';
import { FormatError, UserError } from '../../base/errors.ts';
import { openRuntime, type Shape, type State } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import { encodeSafetensors, sha256 } from '../../store/index.ts';
import type { ImageDistance } from './image-distance.ts';
import { openLpips } from './lpips.ts';
import { vgg16Channels, vgg16Shapes } from './vgg16.ts';

function drawn(shape: Shape, seed: number) {
  const scale = shape.length > 1 ? Math.sqrt(24 / sizeOf(shape.slice(1))) : 0.2;
  return { dtype: 'float32', shape, data: Float32Array.from(hashed(sizeOf(shape), seed), (x) => x * scale) } as const;
}

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));
const files = { vgg16: join(folder, 'vgg16.safetensors'), lpips: join(folder, 'lpips.safetensors') };
const write = (file: string, state: State) =>
  writeFileSync(file, Buffer.concat(encodeSafetensors(state, new Map<string, string>())));
const weighing: State = new Map(
  vgg16Channels.map((channels, stage) => {
    const data = Float32Array.from(hashed(channels, 100 + stage), (x) => x + 0.5);
    return [`lin${stage}.model.1.weight`, { dtype: 'float32', shape: [1, channels, 1, 1], data }];
  }),
);
const runtime = await openRuntime({ threads: 2 });
let lpips: ImageDistance;

before(() => {
  write(files.vgg16, new Map([...vgg16Shapes].map(([name, shape], seed) => [name, drawn(shape, seed)])));
  write(files.lpips, weighing);
  lpips = openLpips(runtime, files, { resolution: 32, batch: 2 });
});

for (const { size, resolution, seed, distances } of recordedPerceptual.lpips) {
  test(`distances of ${size}×${size} pixels at ${resolution}×${resolution} are PyTorch's to 1e-4`, async () => {
    const area = 3 * size * size;
    const pixels = Float32Array.from(hashed(3 * area, 200 + seed), (x) => Math.floor((x + 0.5) * 256));
    const change = hashed(3 * area, 300 + seed);
    const most = [60, 0.5, 0];
    const others = pixels.map((x, i) => x + (change[i] ?? 0) * (most[Math.floor(i / area)] ?? 0));
    const images = (pixels: Float32Array) => ({ pixels, count: 3, resolution: size });
    const seen = await lpips.measure(images(pixels), images(others));
    assert.equal(seen.length, 3);
    for (const [n, expected] of distances.entries()) {
      assert.ok(
        Math.abs((seen[n] ?? Number.NaN) - expected) <= 1e-4 * expected,
        `pair ${n}: ${seen[n]}, not ${expected}`,
      );
    }
  });
}

test('it tells what it is', () => {
  assert.equal(lpips.description, 'LPIPS 0.1 of VGG16, at 32×32');
  assert.equal(lpips.weightsSha256, [files.vgg16, files.lpips].map((file) => sha256(readFileSync(file))).join('+'));
});

test('files that are another network, or bear a published name with other bytes, are refused', () => {
  const other = join(folder, 'other.safetensors');
  write(other, new Map([['lin0.model.1.weight', drawn([1, 32, 1, 1], 1)]]));
  const opened = (lpips: string) => () => openLpips(runtime, { ...files, lpips }, { resolution: 64 });
  assert.throws(opened(other), (error) => {
    assert.ok(error instanceof FormatError);
    assert.match(error.message, /tensor "lin0.model.1.weight" is float32\[1,32,1,1\]; expected float32\[1,64,1,1\]/);
    return true;
  });
  assert.throws(opened(files.vgg16), /there is no tensor "lin0.model.1.weight"; expected float32\[1,64,1,1\]/);
  const published = join(folder, 'weights-vgg16-lpips.pth');
  writeFileSync(published, 'something else');
  assert.throws(opened(published), (error) => error instanceof UserError && /expected a78928a0/.test(error.message));
});
