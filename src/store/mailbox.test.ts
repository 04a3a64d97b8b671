import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Control } from './control.ts';
import { nodeFileSystem } from './file-system.ts';
import { openMailbox, pendingControls, sendControl } from './mailbox.ts';
import { createRun, openRun, type Run } from './run-folder.ts';
import { lockRun } from './run-lock.ts';

/** A run that this process holds the lock of, if it is `trained`. */
function newRun(t: TestContext, trained = true): Run {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const run = createRun(join(folder, 'run'), {});
  if (trained) {
    const lock = lockRun(run);
    t.after(() => lock.release());
  }
  return run;
}

const everyControl: readonly Control[] = [
  { do: 'pause' },
  { do: 'advance', steps: 3 },
  { do: 'learningRates', generator: 1e-4 },
  { do: 'learningRates', generator: 0.1 + 0.2, discriminator: 4e-5 },
  { do: 'sample' },
  { do: 'checkpoint' },
  { do: 'continue' },
  { do: 'stop' },
];

test('requests are pending, then taken once, in the order in which they were made', (t) => {
  const run = newRun(t);
  const mailbox = openMailbox(run);
  assert.deepEqual(mailbox.take(), []);
  for (const control of everyControl) sendControl(run, control);
  assert.deepEqual(pendingControls(run), everyControl);
  assert.deepEqual(mailbox.take(), everyControl);
  assert.deepEqual([pendingControls(run), mailbox.take(), readdirSync(run.controlPath)], [[], [], []]);
  for (let n = 1; n <= 12; n++) sendControl(run, { do: 'advance', steps: n });
  assert.deepEqual(
    mailbox.take().map((request) => 'steps' in request && request.steps),
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
});

test('a file of any name will do; what is no request is refused with its name and removed, and the others are taken', (t) => {
  const run = newRun(t);
  const mailbox = openMailbox(run);
  const write = (name: string, text: string) => writeFileSync(join(run.controlPath, name), text);
  write('a.json', '{"do":"pause"}');
  write('b.json', '{"do":"pau');
  write('c.json', '{"do":"fly"}');
  write('d.json', '{"do":"advance","steps":0}');
  write('e.json', '{"do":"learningRates"}');
  write('f.json', '{"do":"learningRates","generator":-1}');
  write('g.json', '{"do":"stop","now":true}');
  write('h.json', `{"do":"pause"${' '.repeat(5000)}}`);
  write('i.json', '[1]');
  write('j.json', '');
  write('k.json', '{"do":"sample"}');
  write('notes.txt', 'mine');
  write('.tmp-000009-00000000.json-1-00000000', '{"do":"stop"}');
  mkdirSync(join(run.controlPath, 'folder.json'));
  assert.deepEqual(pendingControls(run), [{ do: 'pause' }, { do: 'sample' }]);
  const taken = mailbox.take();
  assert.deepEqual([taken[0], taken.at(-1)], [{ do: 'pause' }, { do: 'sample' }]);
  const refused = taken.slice(1, -1).map((request) => ('refused' in request ? request.refused : ''));
  assert.equal(refused.length, 9);
  for (const [i, name] of ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].entries()) {
    assert.ok(refused[i]?.startsWith(join(run.controlPath, `${name}.json: no`)), refused[i]);
    assert.match(refused[i] ?? '', /nothing was done.*expected.*\{"do":"pause"\}/);
  }
  assert.deepEqual(readdirSync(run.controlPath).sort(), [
    '.tmp-000009-00000000.json-1-00000000',
    'folder.json',
    'notes.txt',
  ]);
  assert.deepEqual(mailbox.take(), []);
});

test('of what a trainer left, learning rates wait for the next; all else is dropped, with a word for each', (t) => {
  const run = newRun(t);
  openMailbox(run);
  for (const control of everyControl) sendControl(run, control);
  writeFileSync(join(run.controlPath, 'x.json'), 'torn');
  const next = openMailbox(run);
  const what = next.dropped.map((text) => /meant for(?: \("(\w+)"\))? is gone/.exec(text)?.[1]);
  assert.deepEqual(what, ['pause', 'advance', 'sample', 'checkpoint', 'continue', 'stop', undefined]);
  assert.deepEqual(next.take(), everyControl.slice(2, 4));
});

test('of a run that nobody trains only what can wait may be asked, or is pending', (t) => {
  const run = newRun(t, false);
  for (const control of everyControl.filter((control) => control.do !== 'learningRates')) {
    assert.throws(() => sendControl(run, control), /^UserError: .*run: nothing trains this run, .* Resume it first\.$/);
  }
  sendControl(run, { do: 'learningRates', discriminator: 1e-3 });
  writeFileSync(join(run.controlPath, 'late.json'), '{"do":"stop"}');
  assert.deepEqual(pendingControls(run), [{ do: 'learningRates', discriminator: 1e-3 }]);
  assert.throws(() => sendControl(run, { do: 'learningRates', generator: 0 }), /is no request/);
});

test('a request that was withdrawn is not taken, and a folder that is gone is an empty one', (t) => {
  const run = newRun(t);
  const mailbox = openMailbox(run);
  sendControl(run, { do: 'stop' });
  const between = openRun(run.path, {
    ...nodeFileSystem,
    readdir(path) {
      const entries = nodeFileSystem.readdir(path);
      if (path === run.controlPath) rmSync(run.controlPath, { recursive: true });
      return entries;
    },
  });
  assert.deepEqual(openMailbox(between).dropped, []);
  assert.deepEqual(mailbox.take(), []);
  sendControl(run, { do: 'pause' });
  assert.deepEqual(mailbox.take(), [{ do: 'pause' }]);
});

test('a request that a client changes while it is taken is done as it was or as it is, never both', (t) => {
  const run = newRun(t);
  const path = () => join(run.controlPath, 'mine.json');
  const racing = openRun(run.path, {
    ...nodeFileSystem,
    rename(from, to) {
      nodeFileSystem.rename(from, to);
      if (from === path()) writeFileSync(path(), '{"do":"sample"}');
    },
  });
  const mailbox = openMailbox(racing);
  writeFileSync(path(), '{"do":"pause"}');
  assert.deepEqual(mailbox.take(), [{ do: 'pause' }]);
  assert.deepEqual(pendingControls(run), [{ do: 'sample' }], 'the new one waits to be taken');
});
