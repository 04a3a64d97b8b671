/** Noisy curves made readable. */

export interface CurvePoint {
  readonly x: number;
  /** Not finite where nothing was measured or the measurement failed: a gap in the curve. */
  readonly y: number;
}

/**
 * The exponential moving average of a curve, in which a point's weight halves every `halfLife` of x: unevenly spaced
 * points count for the time they stand for, and the start is not drawn toward 0. A gap stays a gap and leaves the
 * average alone. `points` ascend in x.
 */
export function smooth(points: readonly CurvePoint[], halfLife: number): CurvePoint[] {
  let weight = 0;
  let sum = 0;
  let last = Number.NaN;
  return points.map(({ x, y }) => {
    if (!Number.isFinite(y)) return { x, y: Number.NaN };
    const decay = weight === 0 ? 0 : 0.5 ** ((x - last) / halfLife);
    weight = weight * decay + 1;
    sum = sum * decay + y;
    last = x;
    return { x, y: sum / weight };
  });
}
