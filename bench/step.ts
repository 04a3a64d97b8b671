/** The SAGAN training step beside its PyTorch twin, in turns on the same two cores. */

import { fileURLToPath } from 'node:url';
import { median, type StepAnswer, StepServer } from './server.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Debian's own Python, which is the one that its PyTorch belongs to. */
export const python = '/usr/bin/python3';

/** What the twin is told: the way PyTorch is usually written, and every choice that was measured to be faster. */
const twins = {
  plain: ['--no-channels-last', '--no-concat', '--no-keep-memory'],
  tuned: [],
} as const;

export interface StepBenchmark {
  readonly name: string;
  /** The model's base width: 64 is the full one (256 channels in G, 128 in D). */
  readonly base: number;
}

export interface StepOptions {
  readonly rounds: number;
  readonly warmup: number;
  readonly threads: number;
}

interface Side {
  /** The median of its rounds. */
  readonly ms: number;
  readonly msByRound: readonly number[];
  readonly peakMb: number;
  /** From the start of the process to the end of its first step. */
  readonly firstStepMs: number;
}

/** Medians over `rounds` steps after `warmup`, a step a side in turns; `ratio` above 1: Sagan is that much faster. */
export async function benchStep({ name, base }: StepBenchmark, options: StepOptions): Promise<Record<string, unknown>> {
  const { rounds, warmup, threads } = options;
  const widths = ['--base-width-g', String(base * 4), '--base-width-d', String(base * 2), '--threads', String(threads)];
  const commands = {
    sagan: [process.execPath, ['--import', 'tsx', here('step-server.ts'), String(base), String(threads)]],
    plain: [python, [here('pytorch/sagan_step.py'), ...widths, ...twins.plain]],
    tuned: [python, [here('pytorch/sagan_step.py'), ...widths, ...twins.tuned]],
  } as const;
  const { sagan, plain, tuned } = await inTurns(commands, rounds, warmup);
  return {
    name,
    sagan_ms: sagan.ms,
    peer_ms: plain.ms,
    ratio: plain.ms / sagan.ms,
    tuned_peer_ms: tuned.ms,
    tuned_ratio: tuned.ms / sagan.ms,
    sagan_peak_mb: sagan.peakMb,
    peer_peak_mb: plain.peakMb,
    tuned_peer_peak_mb: tuned.peakMb,
    peak_ratio: sagan.peakMb / plain.peakMb,
    sagan_first_step_ms: sagan.firstStepMs,
    peer_first_step_ms: plain.firstStepMs,
    threads,
    rounds,
  };
}

type Sides<T> = { readonly [side in 'sagan' | 'plain' | 'tuned']: T };

/** Runs three servers by turns, a step each, and sums up the steps after `warmup`. */
export async function inTurns(
  commands: Sides<readonly [string, readonly string[]]>,
  rounds: number,
  warmup: number,
): Promise<Sides<Side>> {
  const start = async (name: keyof typeof commands) => {
    const startedAt = performance.now();
    const server = new StepServer(name, ...commands[name]);
    await server.ready();
    await server.step();
    return { server, firstStepMs: performance.now() - startedAt, answers: [] as StepAnswer[] };
  };
  // One after another, so that no start is timed beside another's.
  const sides = { sagan: await start('sagan'), plain: await start('plain'), tuned: await start('tuned') };
  for (let round = 1 - warmup; round <= rounds; round++) {
    for (const { server, answers } of Object.values(sides)) {
      const answer = await server.step();
      if (round > 0) answers.push(answer);
    }
    const last = Object.values(sides).map(
      ({ server, answers }) => `${server.name} ${answers.at(-1)?.ms.toFixed(0) ?? '…'} ms`,
    );
    console.error(round > 0 ? `round ${round} of ${rounds}: ${last.join(', ')}` : 'warming up');
  }
  const summary = ({ server, answers, firstStepMs }: (typeof sides)['sagan']): Side => {
    server.close();
    const peakMb = Math.max(...answers.map((answer) => answer.peakMb));
    const msByRound = answers.map((answer) => answer.ms);
    return { ms: median(msByRound), msByRound, peakMb, firstStepMs };
  };
  return { sagan: summary(sides.sagan), plain: summary(sides.plain), tuned: summary(sides.tuned) };
}
