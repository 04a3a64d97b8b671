import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { appendSteps } from '../../../test/server/toy-run.ts';
import { type EventLog, openEventLog, type RunEvent, readEvents } from '../../store/index.ts';
import { LogFollower } from './log-follower.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-log-follower-'));
after(() => rmSync(folder, { recursive: true }));

const readAll = (follower: LogFollower) => {
  while (follower.advance());
};

function write(path: string, append: (log: EventLog) => void): void {
  const log = openEventLog(path);
  append(log);
  log.close();
}

/** What happens to a file; each event that is written is another one. */
class FileInTrouble {
  readonly path: string;
  private writes = 0;

  constructor(path: string) {
    this.path = path;
    rmSync(path, { force: true });
  }

  do(deed: Deed): void {
    if (deed.do === 'append') this.append(deed.count);
    if (deed.do === 'replace') {
      rmSync(this.path, { force: true });
      this.append(deed.count);
    }
    if (deed.do === 'delete') rmSync(this.path, { force: true });
    if (!existsSync(this.path)) return;
    if (deed.do === 'rewrite') {
      // The same file goes on from an earlier line: it may become as long as it was.
      const lines = readFileSync(this.path, 'latin1').split('\n').slice(0, -1);
      const kept = lines.slice(0, Math.max(0, lines.length - deed.lost));
      writeFileSync(this.path, kept.map((line) => `${line}\n`).join(''), 'latin1');
      this.append(deed.count);
    }
    if (deed.do === 'tear') truncateSync(this.path, Math.max(0, readFileSync(this.path).length - deed.bytes));
    if (deed.do === 'begin a line') appendFileSync(this.path, '{"seq":');
    if (deed.do === 'repeat a line') {
      const last = readFileSync(this.path, 'latin1').split('\n').at(-2);
      if (last !== undefined) appendFileSync(this.path, `${last}\n`, 'latin1');
    }
    if (deed.do === 'damage') {
      const bytes = readFileSync(this.path);
      const at = bytes.length - 5;
      if (at > 0) bytes[at] = bytes[at] === 0x30 ? 0x31 : 0x30;
      writeFileSync(this.path, bytes);
    }
    // A file that changes twice within a tick of the clock is not what is tested.
    utimesSync(this.path, 1e9, 1e9 + ++this.writes);
  }

  private append(count: number): void {
    try {
      write(this.path, (log) => {
        for (let n = 0; n < count; n++) log.append(n % 3 === 0 ? 'news' : 'step', { step: n + 1, mark: ++this.writes });
      });
    } catch {
      // Where a line in the middle is damaged, no trainer goes on.
    }
  }
}

const few = fc.integer({ min: 1, max: 4 });
const deed = fc.oneof(
  fc.record({ do: fc.constantFrom('append' as const, 'replace' as const), count: few }),
  fc.record({ do: fc.constant('rewrite' as const), lost: few, count: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ do: fc.constant('tear' as const), bytes: fc.integer({ min: 1, max: 80 }) }),
  fc.record({
    do: fc.constantFrom(
      'delete' as const,
      'begin a line' as const,
      'repeat a line' as const,
      'damage' as const,
      'look' as const,
      'look' as const,
    ),
  }),
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

test('whatever happens to a log, what has been read is what is there', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 14 }), (deeds) => {
      const file = new FileInTrouble(join(folder, 'trouble.jsonl'));
      const follower = new LogFollower(file.path);
      for (const each of deeds) {
        if (each.do === 'look') readAll(follower);
        else file.do(each);
      }
      readAll(follower);
      const there = readWhole(file.path);
      assert.equal(follower.problem === undefined, there.problem === undefined, follower.problem ?? there.problem);
      if (there.problem !== undefined) return;
      assert.deepEqual(follower.history.recent, there.events);
      assert.deepEqual(
        follower.history.events,
        there.events.filter(({ type }) => type === 'news'),
      );
    }),
    { numRuns: 300 },
  );
});

function readWhole(path: string): { events: readonly RunEvent[]; problem: string | undefined } {
  try {
    return { events: readEvents(path).events, problem: undefined };
  } catch (error) {
    return { events: [], problem: String(error instanceof Error ? error.message : error) };
  }
}

test('a log that is damaged in the middle is read up to there, and wholly once it has been mended', () => {
  const path = join(folder, 'damaged.jsonl');
  write(path, (log) => appendSteps(log, 1, 9));
  const whole = readFileSync(path);
  const lines = whole.toString().split('\n');
  writeFileSync(path, lines.with(5, `${lines[5]} `).join('\n'));
  const follower = new LogFollower(path);
  readAll(follower);
  assert.match(follower.problem ?? '', /damaged\.jsonl, byte \d+: line 6 .*Rename the log/);
  assert.equal(follower.history.step, 5);
  assert.equal(follower.advance(), false);
  writeFileSync(path, whole);
  readAll(follower);
  assert.equal(follower.problem, undefined);
  assert.equal(follower.history.step, 9);
});

test('all events after any of them are found again, in order, however long ago they were read', () => {
  const path = join(folder, 'long.jsonl');
  write(path, (log) => appendSteps(log, 1, 6000));
  const follower = new LogFollower(path);
  let pieces = 0;
  while (follower.advance()) pieces++;
  assert.ok(pieces > 1, 'it is read in pieces');
  for (const seq of [0, 1, 2500, 5800, 5999, 6000]) {
    const found = [...follower.eventsAfter(seq)].flat().map((event) => event.seq);
    assert.deepEqual(
      found,
      Array.from({ length: 6000 - seq }, (_, n) => seq + 1 + n),
    );
  }
});

test('those who are told of events hear nothing more of a log that has been replaced', () => {
  const path = join(folder, 'replaced.jsonl');
  write(path, (log) => appendSteps(log, 1, 3000));
  const follower = new LogFollower(path);
  readAll(follower);
  const pieces = follower.eventsAfter(0);
  pieces.next();
  rmSync(path);
  write(path, (log) => appendSteps(log, 1, 2));
  readAll(follower);
  assert.equal(pieces.next().done, true);
  assert.equal(follower.history.seq, 2);
});

test('what cannot be read at all is a problem in words', () => {
  const follower = new LogFollower(folder);
  assert.equal(follower.advance(), false);
  assert.match(follower.problem ?? '', /cannot read it/);
});
