import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { intercept, systemError } from '../../test/fault/faulty-file-system.ts';
import { temporaryFolder } from '../../test/fault/small-run.ts';
import { FormatError } from '../base/errors.ts';
import { openEventLog, readEvents } from './event-log.ts';
import { nodeFileSystem } from './file-system.ts';

function logWith(t: TestContext, count: number): string {
  const path = join(temporaryFolder(t), 'events.jsonl');
  const log = openEventLog(path);
  for (let step = 0; step < count; step++) log.append('step', { step, lossD: 1 / (step + 1) });
  log.sync();
  log.close();
  return path;
}

test('events are numbered lines, each with the CRC-32 of the line without it', (t) => {
  const path = logWith(t, 2);
  const [first = '', second = '', rest] = readFileSync(path, 'utf8').split('\n');
  assert.equal(rest, '');
  const bare = '{"seq":1,"type":"step","step":0,"lossD":1}';
  assert.equal(first, `${bare.slice(0, -1)},"crc":"${crc32(bare).toString(16).padStart(8, '0')}"}`);
  assert.match(second, /^\{"seq":2,"type":"step","step":1,"lossD":0.5,"crc":"[0-9a-f]{8}"\}$/);
  assert.deepEqual(readEvents(path).events, [
    { seq: 1, type: 'step', step: 0, lossD: 1 },
    { seq: 2, type: 'step', step: 1, lossD: 0.5 },
  ]);
});

test('any fields come back', (t) => {
  const path = join(temporaryFolder(t), 'logs', 'events.jsonl');
  const log = openEventLog(path);
  const key = fc.string({ unit: 'binary' }).filter((name) => !['seq', 'type', 'crc', '__proto__'].includes(name));
  const expected: unknown[] = [];
  const keep = (fields: Record<string, string | number>) => {
    const seq = log.append('any', fields);
    expected.push({ seq, type: 'any', ...fields });
  };
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.oneof(fc.string({ unit: 'binary' }), fc.integer()), { noNullPrototype: true }),
      keep,
    ),
  );
  log.append('diverged', { losses: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] });
  log.close();
  const { events } = readEvents(path);
  assert.deepEqual(events.at(-1)?.losses, ['NaN', 'Infinity', '-Infinity']);
  assert.deepEqual(events.slice(0, -1), expected);
});

test('fields that the log itself sets are refused', (t) => {
  const log = openEventLog(join(temporaryFolder(t), 'events.jsonl'));
  for (const name of ['seq', 'type', 'crc']) assert.throws(() => log.append('x', { [name]: 1 }), /which the log sets/);
  log.close();
});

test('a log that is opened again goes on where it ended', (t) => {
  const path = logWith(t, 3);
  const log = openEventLog(path);
  assert.equal(log.notice, undefined);
  assert.equal(log.append('resumed', { step: 1 }), 4);
  log.close();
  assert.deepEqual(
    readEvents(path).events.map(({ seq, type }) => [seq, type]),
    [
      [1, 'step'],
      [2, 'step'],
      [3, 'step'],
      [4, 'resumed'],
    ],
  );
});

test('a viewer reads on from where it was, and sees a line when it is whole', (t) => {
  const path = join(temporaryFolder(t), 'events.jsonl');
  assert.deepEqual(readEvents(path), { events: [], nextOffset: 0 });
  const whole = readFileSync(logWith(t, 3));
  const seen: number[] = [];
  let fromOffset = 0;
  for (const byte of whole) {
    appendFileSync(path, Buffer.of(byte));
    const { events, nextOffset } = readEvents(path, { fromOffset });
    seen.push(...events.map(({ seq }) => seq));
    assert.equal(nextOffset > fromOffset, byte === 0x0a);
    fromOffset = nextOffset;
  }
  assert.deepEqual(seen, [1, 2, 3]);
  truncateSync(path, 10);
  assert.throws(() => readEvents(path, { fromOffset }), /the log ends before this offset.*Read it from 0/);
});

test('a log of many lines is read across the borders of its chunks', (t) => {
  const path = join(temporaryFolder(t), 'events.jsonl');
  const log = openEventLog(path);
  for (let i = 0; i < 5; i++) log.append('long', { text: 'x'.repeat(700_000 + i) });
  log.close();
  assert.equal(openEventLog(path).append('next', {}), 6);
  const { events, nextOffset } = readEvents(path);
  assert.equal(events.length, 6);
  assert.equal(nextOffset, readFileSync(path).length);
});

test('a torn last line, wherever it tore, is dropped with a notice and cut off', (t) => {
  const path = logWith(t, 3);
  const whole = readFileSync(path);
  const end = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
  for (let length = end + 1; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const log = openEventLog(path);
    assert.match(
      log.notice ?? '',
      new RegExp(`tore line 3; its ${length - end} bytes from byte ${end} on have been dropped`),
    );
    assert.equal(readFileSync(path).length, end);
    assert.equal(log.append('step', {}), 3);
    log.close();
    assert.equal(readEvents(path).events.length, 3);
  }
});

test('an append that the disk refuses half-way leaves no trace behind the next one', (t) => {
  const path = join(temporaryFolder(t), 'events.jsonl');
  let isFull = false;
  const filling = intercept(nodeFileSystem, ({ name, perform, half }) => {
    if (name !== 'write' || !isFull) return perform();
    half?.();
    throw systemError('ENOSPC');
  });
  const log = openEventLog(path, filling);
  log.append('first', {});
  isFull = true;
  const refused = /events.jsonl: cannot write it: the disk is full \(ENOSPC\); \d{4} bytes are needed/;
  assert.throws(() => log.append('long', { text: 'x'.repeat(2000) }), refused);
  assert.deepEqual(
    readEvents(path).events.map(({ type }) => type),
    ['first'],
  );
  isFull = false;
  assert.equal(log.append('second', {}), 2);
  log.close();
  const { events, nextOffset } = readEvents(path);
  assert.deepEqual([events.length, nextOffset], [2, readFileSync(path).length]);
});

test('a last line of rubbish that a loss of power left is dropped too', (t) => {
  const path = logWith(t, 2);
  for (const rubbish of ['\0'.repeat(50), `${'\0'.repeat(50)}\n`, '{}\n', '\n']) {
    const { nextOffset } = readEvents(path);
    appendFileSync(path, rubbish);
    const log = openEventLog(path);
    assert.match(log.notice ?? '', new RegExp(`tore line 3; its ${rubbish.length} bytes from byte ${nextOffset} on`));
    log.close();
    assert.equal(readEvents(path).nextOffset, nextOffset);
  }
});

test('a flip of any bit before the last line is seen, and the line is named', (t) => {
  const path = logWith(t, 3);
  const whole = readFileSync(path);
  const starts = [0, whole.indexOf(0x0a) + 1];
  const end = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
  for (let bit = 0; bit < end * 8; bit++) {
    const damaged = Buffer.from(whole);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, damaged);
    const line = bit >> 3 < (starts[1] ?? 0) ? 1 : 2;
    // A newline that became another byte in front of the last line makes one torn last line out of two.
    const opens = bit >> 3 === end - 1 ? [readEvents] : [readEvents, openEventLog];
    for (const open of opens) {
      assert.throws(
        () => open(path),
        (error) =>
          error instanceof FormatError && error.message.includes(`line ${line} `) && error.offset === starts[line - 1],
        `bit ${bit}`,
      );
    }
  }
});

test('a line that is missing from the middle is noticed, by a viewer that reads on as well', (t) => {
  const path = logWith(t, 4);
  const lines = readFileSync(path, 'utf8').split('\n');
  const offset = (lines[0] ?? '').length + 1;
  writeFileSync(path, [lines[0], lines[2], lines[3], ''].join('\n'));
  assert.throws(
    () => readEvents(path),
    /byte \d+: line 2 has seq 3; expected 2. Rename the log to go on with a new one/,
  );
  writeFileSync(path, [lines[0], lines[1], lines[3], ''].join('\n'));
  assert.throws(() => readEvents(path, { fromOffset: offset }), /line 3 has seq 4; expected 3/);
});

test('lines that are whole but no events are refused', (t) => {
  const path = join(temporaryFolder(t), 'events.jsonl');
  for (const bare of ['{"seq":1}', '{"type":"x"}', '{"seq":"1","type":"x"}', '[1}']) {
    const crc = crc32(bare).toString(16).padStart(8, '0');
    writeFileSync(path, `${bare.slice(0, -1)},"crc":"${crc}"}\n`);
    assert.throws(() => readEvents(path), /byte 0: line 1 is not a JSON object with "seq" and "type"/, bare);
  }
});
