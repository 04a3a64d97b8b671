/** A program that runs a step for every line it is sent, and answers with a line of JSON: one side of a comparison. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** What a side answers to a step. */
export interface StepAnswer {
  readonly ms: number;
  /** Largest resident set of its process so far, in MiB. */
  readonly peakMb: number;
}

export class StepServer {
  readonly name: string;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private errors = '';

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.child = spawn(command, [...args]);
    // A program that does not exist ends without an answer too.
    this.child.on('error', (error) => {
      this.errors += error.message;
    });
    this.child.stderr.on('data', (text) => {
      this.errors += text;
    });
    this.reader = createInterface({ input: this.child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** Waits until the program is ready; returns what it says of itself. */
  ready(): Promise<Readonly<Record<string, unknown>>> {
    return this.answer();
  }

  async step(): Promise<StepAnswer> {
    this.child.stdin.write('step\n');
    const { ms, peakMb } = await this.answer();
    if (typeof ms !== 'number' || typeof peakMb !== 'number')
      throw new Error(`${this.name} answered without ms and peakMb.`);
    return { ms, peakMb };
  }

  close(): void {
    this.child.stdin.end('quit\n');
  }

  private async answer(): Promise<Readonly<Record<string, unknown>>> {
    const { value, done } = await this.lines.next();
    if (done === true) {
      throw new Error(`${this.name} ended without an answer; the twins need Debian's python3-torch.\n${this.errors}`);
    }
    const answer: unknown = JSON.parse(value);
    if (typeof answer !== 'object' || answer === null) throw new Error(`${this.name} answered ${value}.`);
    return { ...answer };
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
