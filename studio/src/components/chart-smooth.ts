/** Noisy curves made readable. */

/**
 * The debiased exponential moving average of a curve: each point keeps `smoothing` (0 … 0.99) of what came before, over the
 * usual distance of two steps, so unevenly spaced points count for the steps between them. The start is not drawn toward 0.
 * A gap (null) stays a gap and leaves the average alone. `step` ascends.
 */
export function smoothed(
  step: readonly number[],
  values: readonly (number | null)[],
  smoothing: number,
): (number | null)[] {
  const usual = usualDistance(step);
  let weight = 0;
  let sum = 0;
  let last = 0;
  return values.map((value, index) => {
    if (value === null) return null;
    const at = step[index] ?? last;
    const decay = smoothing ** ((at - last) / usual);
    last = at;
    weight = weight * decay + 1;
    sum = sum * decay + value;
    return sum / weight;
  });
}

/** The median distance of neighbouring steps; 1 where there are none. */
function usualDistance(step: readonly number[]): number {
  const distances = step.slice(1).map((at, index) => at - (step[index] ?? at));
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] || 1;
}
