/** Round numbers along an axis, and how to write them. */

export type Scale = 'linear' | 'log';

/** The multiples of 1, 2 or 5 times a power of ten within [low, high]: about `count` of them. Needs low < high. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  // The factor nearest in ratio: its bounds are the geometric means of 1, 2, 5 and 10.
  const factor = rough / power;
  const step = power * (factor < Math.SQRT2 ? 1 : factor < Math.sqrt(10) ? 2 : factor < Math.sqrt(50) ? 5 : 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
}

/**
 * Ticks of a logarithmic axis: powers of ten, thinned to about `count`; over less than two decades 2 and 5 times them as
 * well, and over a sliver the ticks of a linear axis. Needs 0 < low < high.
 */
export function logTicks(low: number, high: number, count: number): number[] {
  const decades = Math.log10(high / low);
  if (decades < 0.6) return linearTicks(low, high, count);
  const every = Math.max(1, Math.ceil(decades / count));
  const first = Math.floor(Math.log10(low));
  return Array.from({ length: Math.ceil(decades) + 2 }, (_, i) => first + i)
    .filter((exponent) => exponent % every === 0)
    .flatMap((exponent) => (decades < 2 ? [1, 2, 5] : [1]).map((factor) => tidy(factor * 10 ** exponent)))
    .filter((tick) => tick >= low && tick <= high);
}

/** Ticks as labels of one axis: the same unit (k, M) and the same number of decimals throughout; 0 is plain. */
export function formatTicks(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest > 0 && largest < 1e-3) return ticks.map((tick) => withMinus(tick === 0 ? '0' : tick.toExponential()));
  const [divisor, unit] = largest >= 1e6 ? [1e6, 'M'] : largest >= 1e4 ? [1e3, 'k'] : [1, ''];
  const decimals = Math.max(...ticks.map((tick) => String(tidy(tick / divisor)).split('.')[1]?.length ?? 0));
  return ticks.map((tick) => withMinus(tick === 0 ? '0' : `${(tick / divisor).toFixed(decimals)}${unit}`));
}

/** Takes the last bits' noise out of a product such as 3 × 0.1. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function withMinus(label: string): string {
  return label.startsWith('-') ? `−${label.slice(1)}` : label;
}
