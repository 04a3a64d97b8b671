/** A training step, or a generator's forward pass, beside its PyTorch twin, in turns on the same cores. */

import { fileURLToPath } from 'node:url';
import { type Command, Side, type TurnOptions, takeTurns } from './in-turns.ts';
import type { Work } from './work.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Debian's own Python, which is the one that its PyTorch belongs to. */
export const python = '/usr/bin/python3';

/** Every choice that was faster for PyTorch wherever it was measured … */
const tuning = ({ kind }: Work) => ['--keep-memory', '--flush-denormals', kind === 'sample' ? '--fold' : '--concat'];

/** … and those of which now one, now the other is: the quickest of these makes the tuned twin. */
const candidates = (work: Work) => [
  [],
  ['--channels-last'],
  ...(work.kind === 'sample'
    ? [['--script'], ['--script', '--channels-last']]
    : [['--foreach'], ['--foreach', '--channels-last']]),
];

/** `passes` names the rewrites that it runs with; default: all. */
export function saganCommand(work: Work, threads: number, passes: readonly string[] = ['all']): Command {
  const server = ['--import', 'tsx', here('work-server.ts')];
  return [process.execPath, [...server, JSON.stringify(work), String(threads), passes.join()]];
}

/** The twin with the choices that are given; without any it is written as such code usually is. */
export function twinCommand(work: Work, threads: number, choices: readonly string[]): Command {
  return [python, [here('pytorch/server.py'), JSON.stringify(work), '--threads', String(threads), ...choices]];
}

/** The choices that make the twin quickest here, by the best of a few steps each, in turns. */
export async function tunedChoices(work: Work, threads: number): Promise<readonly string[]> {
  const sides: Side[] = [];
  for (const choices of candidates(work)) {
    sides.push(
      await Side.start(choices.join(' ') || 'none', twinCommand(work, threads, [...tuning(work), ...choices])),
    );
  }
  await takeTurns(sides, { rounds: 2, warmup: 0 });
  const best = sides.map(({ msByRound }) => Math.min(...msByRound));
  const chosen = candidates(work)[best.indexOf(Math.min(...best))] ?? [];
  return [...tuning(work), ...chosen];
}

/** Medians over `rounds` steps after `warmup`, a step a side in turns; a ratio above 1: Sagan is that much faster. */
export async function benchStep(name: string, work: Work, options: TurnOptions): Promise<Record<string, unknown>> {
  const { rounds, threads } = options;
  const choices = await tunedChoices(work, threads);
  const sagan = await Side.start('sagan', saganCommand(work, threads));
  const plain = await Side.start('plain', twinCommand(work, threads, []));
  const tuned = await Side.start('tuned', twinCommand(work, threads, choices));
  const sides = [sagan, plain, tuned];
  const counts = sameParameters(sides);
  await takeTurns(sides, options);
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
    tuned_peak_ratio: sagan.peakMb / tuned.peakMb,
    tuned_choices: choices.join(' '),
    sagan_first_step_ms: sagan.firstStepMs,
    peer_first_step_ms: plain.firstStepMs,
    ...counts,
    threads,
    rounds,
  };
}

/** The counts that all sides say of their networks. Throws if they differ: then they are no twins. */
export function sameParameters(sides: readonly Side[]): Record<string, unknown> {
  const counts = sides.map(({ ready: { generatorParameters, discriminatorParameters } }) => ({
    generator_parameters: generatorParameters,
    discriminator_parameters: discriminatorParameters,
  }));
  const [first = {}] = counts;
  if (counts.some((count) => JSON.stringify(count) !== JSON.stringify(first))) {
    const said = sides.map(({ name }, i) => `${name} ${JSON.stringify(counts[i])}`).join('; ');
    throw new Error(`the sides have different numbers of parameters, so they are no twins: ${said}.`);
  }
  return first;
}
