import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { FormatError } from '../base/errors.ts';
import { decodeNpy, encodeNpy } from './npy.ts';

const { cases } = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        file: z.base64(),
        type: z.enum(['float64', 'float32', 'int64', 'int32', 'uint8']).optional(),
        shape: z.array(z.number()).default([]),
        values: z.array(z.number()).default([]),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../test/reference/numpy-files.json', import.meta.url), 'utf8')));

const arrays = cases.filter(({ name }) => name.endsWith('.npy'));
const bytesOf = (name: string) => Buffer.from(cases.find((entry) => entry.name === name)?.file ?? '', 'base64');

function refused(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => decodeNpy('a.npy', bytes),
    (error) => error instanceof FormatError && message.test(error.message),
  );
}

for (const { name, file, type, shape, values } of arrays) {
  if (type === undefined) continue;
  test(`reads what numpy.save wrote: ${name}`, () => {
    const { data, ...header } = decodeNpy(name, Buffer.from(file, 'base64'));
    assert.deepEqual(header, { type, shape });
    assert.deepEqual([...data], values);
  });
}

for (const { name, file, type, shape, values } of arrays) {
  if (type === undefined || /fortran|version/.test(name)) continue;
  test(`writes what numpy.save writes: ${name}`, () => {
    const written = encodeNpy({ type, shape, data: Float64Array.from(values) });
    assert.equal(Buffer.from(written).toString('base64'), file);
  });
}

test('part of a larger buffer is written as that part', () => {
  const data = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
  assert.deepEqual([...decodeNpy('a.npy', encodeNpy({ type: 'float32', shape: [2], data })).data], [1, 2]);
  assert.throws(() => encodeNpy({ type: 'float32', shape: [3], data }), /2 numbers for the shape \[3\]; expected 3/);
});

test('what is no array of numbers is refused', () => {
  refused(bytesOf('objects.npy'), /a\.npy, byte 10: it holds Python objects, as a pickle, which is never opened/);
  refused(bytesOf('big-endian.npy'), /elements of type ">f8"; expected one of <f8 \(float64\)/);
  refused(bytesOf('half.npy'), /elements of type "<f2"/);
  refused(bytesOf('records.npy'), /the header is .*'a', '<f4'.*; expected a type, an order and a shape/);
  refused(bytesOf('large-integers.npy'), /whole numbers beyond ±2\^53/);
  refused(
    Buffer.from('PK\x03\x04 and so on'),
    /byte 0: it begins with "PK\\u0003\\u0004 a"; expected an array of numpy's/,
  );
});

test('a damaged array is refused', () => {
  const whole = bytesOf('float64.npy');
  const changed = (offset: number, text: string) => {
    const bytes = Buffer.from(whole);
    bytes.write(text, offset, 'latin1');
    return bytes;
  };
  refused(whole.subarray(0, 9), /byte 9: the header is cut short/);
  refused(whole.subarray(0, 100), /byte 100: the header is cut short; expected 118 bytes/);
  refused(whole.subarray(0, -1), /byte 128: float64 \(2, 3, 4\) takes 192 bytes, but 191 follow/);
  refused(Buffer.concat([whole, Buffer.of(0)]), /but 193 follow/);
  refused(changed(6, '\x04'), /byte 6: version 4\.0/);
  refused(changed(8, '\xff\xff'), /a header of 65535 bytes; expected 4096 at most/);
  refused(changed(whole.indexOf('False'), 'Maybe'), /expected a type, an order and a shape/);
  refused(changed(whole.indexOf('descr'), 'order'), /expected a type, an order and a shape/);
  refused(changed(whole.indexOf('(2, 3'), '(9999999999999999999999'.slice(0, 5)), /takes \d+ bytes/);
  refused(changed(20, '\xff'), /the header is not UTF-8 text/);
});
