/** Sides of a comparison that take turns, a step each: on a noisy machine all meet the same noise. */

import { median, StepServer } from './server.ts';

/** A program and its arguments. */
export type Command = readonly [program: string, args: readonly string[]];

export interface TurnOptions {
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmup: number;
  readonly threads: number;
}

/** A running server and what was measured of it. */
export class Side {
  readonly name: string;
  /** What it said of itself when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** From the start of the process to the end of its first step. */
  readonly firstStepMs: number;
  readonly msByRound: number[] = [];
  /** Largest resident set so far. */
  peakMb = 0;
  private readonly server: StepServer;

  private constructor(server: StepServer, ready: Readonly<Record<string, unknown>>, firstStepMs: number) {
    this.server = server;
    this.name = server.name;
    this.ready = ready;
    this.firstStepMs = firstStepMs;
  }

  /** Starts it and waits for its first step, which does not count. Start one after another: each start is timed. */
  static async start(name: string, [program, args]: Command): Promise<Side> {
    const startedAt = performance.now();
    const server = new StepServer(name, program, args);
    const ready = await server.ready();
    await server.step();
    return new Side(server, ready, performance.now() - startedAt);
  }

  /** The median of its rounds. */
  get ms(): number {
    return median(this.msByRound);
  }

  async step(counts: boolean): Promise<void> {
    const { ms, peakMb } = await this.server.step();
    if (counts) this.msByRound.push(ms);
    this.peakMb = peakMb;
  }

  close(): void {
    this.server.close();
  }
}

/** Gives each side a step by turns, and ends them. */
export async function takeTurns(
  sides: readonly Side[],
  { rounds, warmup }: Pick<TurnOptions, 'rounds' | 'warmup'>,
): Promise<void> {
  for (let round = 1 - warmup; round <= rounds; round++) {
    for (const side of sides) await side.step(round > 0);
    const last = sides.map(({ name, msByRound }) => `${name} ${msByRound.at(-1)?.toFixed(0) ?? '…'} ms`);
    console.error(round > 0 ? `round ${round} of ${rounds}: ${last.join(', ')}` : 'warming up');
  }
  for (const side of sides) side.close();
}
