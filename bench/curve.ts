/** What a step costs as one of its sizes grows. */

import { z } from 'zod';
import { Side, type TurnOptions, takeTurns } from './in-turns.ts';
import { saganCommand, sameParameters, tunedChoices, twinCommand } from './step.ts';
import type { Curve, Work } from './work.ts';

export const curveSchema = z.strictObject({
  name: z.string(),
  along: z.enum(['batch', 'resolution']),
  points: z.array(
    z.strictObject({
      /** The size. */
      at: z.number(),
      sagan_ms_an_image: z.number(),
      tuned_peer_ms_an_image: z.number(),
      tuned_ratio: z.number(),
      sagan_peak_mb: z.number(),
      tuned_peer_peak_mb: z.number(),
      tuned_choices: z.string(),
    }),
  ),
  threads: z.number(),
  rounds: z.number(),
});
type CurveResult = z.infer<typeof curveSchema>;

/** Medians as of `benchStep`, of Sagan and the tuned twin alone, for each work of the curve. */
export async function benchCurve(name: string, { along, works }: Curve, options: TurnOptions): Promise<CurveResult> {
  const points: CurveResult['points'] = [];
  for (const work of works) points.push(await measure(work, work[along], options));
  return { name, along, points, threads: options.threads, rounds: options.rounds };
}

async function measure(work: Work, at: number, options: TurnOptions): Promise<CurveResult['points'][number]> {
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
