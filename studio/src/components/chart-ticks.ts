/** Round numbers along the axes that are not straight. */

/**
 * Ticks of a logarithmic axis: powers of ten; over less than three decades 2 and 5 times them as well, and over less than a
 * half those of a straight axis. Needs 0 < low < high.
 */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  if (decades < 0.5) return straightTicks(low, high);
  const every = Math.ceil(decades / 6);
  const first = Math.floor(Math.log10(low));
  const exponents = Array.from({ length: Math.ceil(decades) + 2 }, (_, index) => first + index);
  return exponents
    .filter((exponent) => exponent % every === 0)
    .flatMap((exponent) => (decades < 3 ? [1, 2, 5] : [1]).map((factor) => tidy(factor * 10 ** exponent)))
    .filter((tick) => tick >= low && tick <= high);
}

/**
 * Ticks of an axis that is logarithmic on both sides of 0 and straight between −`threshold` and `threshold`,
 * a power of ten. Needs low < high.
 */
export function symlogTicks(low: number, high: number, threshold: number): number[] {
  if (low >= threshold) return logTicks(low, high);
  if (high <= -threshold)
    return logTicks(-high, -low)
      .map((tick) => -tick)
      .reverse();
  const most = Math.max(-low, high);
  if (most <= threshold) return straightTicks(low, high);
  const first = Math.round(Math.log10(threshold));
  const powers = Array.from({ length: Math.floor(Math.log10(most)) - first + 1 }, (_, index) => 10 ** (first + index));
  const sizes = powers.map(tidy);
  return [...sizes.map((tick) => -tick).reverse(), 0, ...sizes].filter((tick) => tick >= low && tick <= high);
}

/** Where an axis for these values should begin to be logarithmic: two decades below the greatest. */
export function symlogThreshold(low: number, high: number): number {
  const most = Math.max(Math.abs(low), Math.abs(high));
  return most > 0 && Number.isFinite(most) ? 10 ** (Math.floor(Math.log10(most)) - 1) : 1;
}

/** About five multiples of 1, 2 or 5 times a power of ten. */
function straightTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => tidy((first + index) * step));
}

/** Takes the last bits' noise out of a product. */
const tidy = (value: number) => Number(value.toPrecision(12));
