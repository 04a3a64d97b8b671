import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf } from './lines.ts';

async function linesIn(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const line of linesOf(body)) lines.push(line);
  return lines;
}

test('lines are the same however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('a', 'é', '🙂', '\n')), fc.array(fc.nat(40)), async (parts, cuts) => {
      const text = parts.join('');
      const bytes = new TextEncoder().encode(text);
      const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((one, other) => one - other);
      const chunks = ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
      assert.deepEqual(await linesIn(chunks), text.split('\n').filter(Boolean));
    }),
  );
});

test('whoever stops reading early cancels the rest', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('line\n')),
    cancel: () => {
      isCancelled = true;
    },
  });
  for await (const line of linesOf(body)) {
    assert.equal(line, 'line');
    break;
  }
  assert.ok(isCancelled);
});
