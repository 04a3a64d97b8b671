/** What a step costs as one of its sizes grows. */

import { Side, type TurnOptions, takeTurns } from './in-turns.ts';
import { saganCommand, sameParameters, tunedChoices, twinCommand } from './step.ts';
import type { Curve, Work } from './work.ts';

/** A place on the curve; times are of one image of the batch. */
export interface CurvePoint {
  readonly at: number;
  readonly sagan_ms_an_image: number;
  readonly tuned_peer_ms_an_image: number;
  readonly tuned_ratio: number;
  readonly sagan_peak_mb: number;
  readonly tuned_peer_peak_mb: number;
  readonly tuned_choices: string;
}

/** Medians as of `benchStep`, of Sagan and the tuned twin alone, for each work of the curve. */
export async function benchCurve(
  name: string,
  { along, works }: Curve,
  options: TurnOptions,
): Promise<Record<string, unknown>> {
  const points: CurvePoint[] = [];
  for (const work of works) points.push(await measure(work, work[along], options));
  return { name, along, points, threads: options.threads, rounds: options.rounds };
}

async function measure(work: Work, at: number, options: TurnOptions): Promise<CurvePoint> {
  const { threads } = options;
  const choices = await tunedChoices(work, threads);
  const sagan = await Side.start('sagan', saganCommand(work, threads));
  const tuned = await Side.start('tuned', twinCommand(work, threads, choices));
  sameParameters([sagan, tuned]);
  await takeTurns([sagan, tuned], options);
  return {
    at,
    sagan_ms_an_image: sagan.ms / work.batch,
    tuned_peer_ms_an_image: tuned.ms / work.batch,
    tuned_ratio: tuned.ms / sagan.ms,
    sagan_peak_mb: sagan.peakMb,
    tuned_peer_peak_mb: tuned.peakMb,
    tuned_choices: choices.join(' '),
  };
}
