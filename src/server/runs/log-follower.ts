/** Follows a run's log while it grows, a piece at a time; notices when it has become another one. */

import { FormatError, UserError } from '../../base/errors.ts';
import { readFully, withFile } from '../../store/file-system.ts';
import { type EventsRead, nodeFileSystem, type RunEvent, readEvents } from '../../store/index.ts';
import { type FileMark, markOf, sameMark } from './file-mark.ts';
import { History } from './history.ts';

/** What is read at once: some milliseconds of work. */
const pieceBytes = 2 ** 18;
/** The end of a line holds its checksum: if that is where it was, what was read before still stands. */
const tailBytes = 20;

/** Where a piece of the log begins: behind the event `seq`. */
interface Bookmark {
  readonly seq: number;
  readonly offset: number;
}

/** A log, read as far as it can be. Never throws: what is wrong with it is in `problem`. */
export class LogFollower {
  /** What has been read; another one after the log was truncated, replaced or removed. */
  history = new History();
  /** Why it cannot be read on. */
  problem: string | undefined;
  /** The file when it was last looked at; undefined where there is none. */
  mark: FileMark | undefined;
  private readonly path: string;
  private offset = 0;
  private tail = '';
  private bookmarks: Bookmark[] = [];
  /** The file as it was when it had been read to its end, or was found damaged: nothing is to be done before it changes. */
  private settled: FileMark | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads a piece. Returns whether there is more to be read. */
  advance(): boolean {
    this.mark = markOf(this.path);
    if (sameMark(this.mark, this.settled)) return false;
    try {
      if (this.tailAt(this.offset) !== this.tail) this.restart();
      const hasMore = this.readPiece(this.offset);
      this.problem = undefined;
      if (!hasMore) this.settled = this.mark;
      return hasMore;
    } catch (error) {
      this.problem = error instanceof UserError ? error.message : `${this.path}: it cannot be read (${error}).`;
      if (error instanceof FormatError) this.settled = this.mark;
      return false;
    }
  }

  /** The events after number `seq`, of all types, in pieces. They end where the log had been read to when it was begun. */
  *eventsAfter(seq: number): Generator<readonly RunEvent[]> {
    const { history } = this;
    const last = history.seq;
    for (let done = seq; done < last && history === this.history; ) {
      const isRecent = done + 1 >= (history.recent[0]?.seq ?? 0);
      const events = isRecent ? history.recent : this.readAgain(done);
      const next = events.filter((event) => event.seq > done && event.seq <= last);
      yield next;
      done = next.at(-1)?.seq ?? last;
    }
  }

  private restart(): void {
    this.history = new History();
    this.offset = 0;
    this.tail = '';
    this.bookmarks = [];
  }

  /** Returns whether there is more, be it only a damaged line. */
  private readPiece(fromOffset: number): boolean {
    const { seq } = this.history;
    const { events, nextOffset, isCut } = this.linesFrom(fromOffset);
    const first = events[0]?.seq ?? seq + 1;
    if (first !== seq + 1) {
      const problem = `seq ${first} follows ${seq}. Rename the log to go on with a new one.`;
      throw new FormatError(this.path, problem, fromOffset);
    }
    for (const event of events) this.history.add(event);
    const last = this.bookmarks.at(-1);
    if (last === undefined || fromOffset - last.offset >= pieceBytes) this.bookmarks.push({ seq, offset: fromOffset });
    this.offset = nextOffset;
    this.tail = this.tailAt(nextOffset);
    return isCut || nextOffset - fromOffset >= pieceBytes;
  }

  /** A piece; where a line in it is damaged, what lies before that. */
  private linesFrom(fromOffset: number): EventsRead & { readonly isCut: boolean } {
    try {
      return { ...readEvents(this.path, { fromOffset, mostBytes: pieceBytes }), isCut: false };
    } catch (error) {
      const damagedAt = error instanceof FormatError ? (error.offset ?? 0) : 0;
      if (damagedAt <= fromOffset) throw error;
      return { ...readEvents(this.path, { fromOffset, mostBytes: damagedAt - fromOffset }), isCut: true };
    }
  }

  /** What stands before an offset, as far as it matters. */
  private tailAt(offset: number): string {
    if (offset === 0) return '';
    if (this.mark === undefined) return 'gone';
    return withFile(nodeFileSystem, this.path, 'r', (file) =>
      Buffer.from(readFully(nodeFileSystem, file, Math.max(0, offset - tailBytes), tailBytes)).toString('latin1'),
    );
  }

  /** A piece from before the events that are kept; nothing if the log has changed meanwhile, as the next look will find. */
  private readAgain(seq: number): readonly RunEvent[] {
    try {
      let fromOffset = this.bookmarks.findLast((bookmark) => bookmark.seq <= seq)?.offset ?? 0;
      for (;;) {
        const { events, nextOffset } = readEvents(this.path, { fromOffset, mostBytes: pieceBytes });
        if (events.length === 0 || (events.at(-1)?.seq ?? 0) > seq) return events;
        fromOffset = nextOffset;
      }
    } catch {
      return [];
    }
  }
}
