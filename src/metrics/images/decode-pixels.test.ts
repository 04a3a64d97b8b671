import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { decodePixels } from './decode-pixels.ts';

const { cases } = z
  .object({
    cases: z.array(
      z.object({ name: z.string(), height: z.number(), width: z.number(), file: z.base64(), rgb: z.base64() }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../test/reference/image-files.json', import.meta.url), 'utf8')));

const bytesOf = (name: string) => Buffer.from(cases.find((entry) => entry.name === name)?.file ?? '', 'base64');

for (const { name, height, width, file, rgb } of cases) {
  if (name === 'tiff-float') continue;
  test(`decodes as Pillow does, to the bit: ${name}`, async () => {
    const decoded = await decodePixels(Buffer.from(file, 'base64'));
    assert.deepEqual([decoded.height, decoded.width], [height, width]);
    const interleaved = Buffer.from(rgb, 'base64');
    const planes = Uint8Array.from({ length: interleaved.length }, (_, i) => {
      const [channel, place] = [Math.floor(i / (height * width)), i % (height * width)];
      return interleaved[3 * place + channel] ?? 0;
    });
    assert.deepEqual(Buffer.from(decoded.pixels), Buffer.from(planes));
  });
}

test('what Pillow gives otherwise is remarked, and nothing else', async () => {
  const remarked = [];
  for (const { name, file } of cases) {
    if (name === 'tiff-float') continue;
    const { remark } = await decodePixels(Buffer.from(file, 'base64'));
    if (remark !== undefined) remarked.push([name, remark]);
  }
  assert.deepEqual(remarked, [
    ['png-grey16', 'grey16'],
    ['gif-transparent', 'transparent-gif'],
  ]);
});

test('files that cannot be used are refused with the reason', async () => {
  const refused = (bytes: Buffer, message: RegExp) => assert.rejects(decodePixels(bytes), message);
  await refused(Buffer.alloc(0), /the file is empty/);
  await refused(
    Buffer.from('<!DOCTYPE html>'),
    /not a PNG, JPEG, WebP, GIF or TIFF file: it starts with "<!DOCTYPE ht"/,
  );
  await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /not a PNG/);
  await refused(bytesOf('tiff-float'), /b-w of float numbers; expected 8 bits a channel, or 16 of grey or RGB/);
  for (const name of ['png-rgb', 'jpeg-420', 'webp-lossy', 'gif', 'tiff-lzw']) {
    const whole = bytesOf(name);
    await assert.rejects(decodePixels(whole.subarray(0, Math.floor(whole.length * 0.6))), Error, name);
  }
  const huge = bytesOf('png-rgb');
  huge.writeUInt32BE(100_000, 16);
  huge.writeUInt32BE(100_000, 20);
  await assert.rejects(
    decodePixels(huge),
    (error) => error instanceof UserError && /100000x100000 pixels, more than 64 megapixels/.test(error.message),
  );
});
