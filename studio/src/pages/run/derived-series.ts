/** Curves that are reckoned from others. */

import type { SeriesColumns } from '../../../../src/server/api.ts';

/** From milliseconds per step. The mean is that of the time, so that a slow step counts for as long as it took. */
export function imagesPerSecond({ step, mean, min, max }: SeriesColumns, imagesPerStep: number): SeriesColumns {
  const speed = (ms: number | null) => (ms === null || ms <= 0 ? null : (1000 * imagesPerStep) / ms);
  return { step, mean: mean.map(speed), min: max.map(speed), max: min.map(speed) };
}
