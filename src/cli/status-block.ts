/** Two lines at the foot of a terminal that are written over and over, with ordinary lines passing above them. */

export interface Terminal {
  write(text: string): unknown;
  /** Characters in a line, as it is at the moment; 0 where that is not known. */
  readonly columns: number;
}

/** At most this often, so that a fast run does not spend itself on its display. */
const shortestIntervalMs = 200;
const eraseToEnd = '\x1b[J';

export class StatusBlock {
  private readonly terminal: Terminal;
  private readonly now: () => number;
  private lines: readonly string[] = [];
  private shownAt = Number.NEGATIVE_INFINITY;
  private shownLines = 0;

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.terminal = terminal;
    this.now = now;
  }

  /** Shows new lines, unless the last ones are younger than a fifth of a second. */
  update(lines: readonly string[]): void {
    this.lines = lines;
    if (this.now() - this.shownAt < shortestIntervalMs) return;
    this.terminal.write(`${this.erasure()}${this.drawing()}`);
  }

  /** Prints a line above the block. */
  print(line: string): void {
    this.terminal.write(`${this.erasure()}${line}\n${this.drawing()}`);
  }

  /** Leaves the last lines where they are, up to date. */
  end(): void {
    this.terminal.write(`${this.erasure()}${this.drawing()}`);
    this.lines = [];
    this.shownLines = 0;
  }

  private erasure(): string {
    return this.shownLines === 0 ? '' : `\x1b[${this.shownLines}A\r${eraseToEnd}`;
  }

  private drawing(): string {
    this.shownAt = this.now();
    this.shownLines = this.lines.length;
    // A line that wrapped would count as two, and the next erasure would miss one.
    const width = (this.terminal.columns || 80) - 1;
    return this.lines.map((line) => `${line.slice(0, width)}\n`).join('');
  }
}
