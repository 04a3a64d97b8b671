/** An axis: where values stand along it, and the ticks that say so. */
import { formatTicks, linearTicks, logTicks, type Scale } from './ticks.ts';

export interface Axis {
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  /** Place of a value from 0 (low end) to 1 (high end), beyond them outside; NaN for what the scale cannot show. */
  at(value: number): number;
}

/**
 * An axis over the range of `values`, widened at either end by `padding` of its length. Values that are not finite, or not
 * above 0 on a log scale, do not count; without any others the axis has no ticks.
 */
export function axisOf(values: readonly number[], scale: Scale, tickCount: number, padding: number): Axis {
  const project = (value: number) => (scale === 'log' ? (value > 0 ? Math.log10(value) : Number.NaN) : value);
  const recover = (position: number) => (scale === 'log' ? 10 ** position : position);
  const positions = values.map(project).filter(Number.isFinite);
  if (positions.length === 0) return { ticks: [], at: () => Number.NaN };

  const lowest = positions.reduce((a, b) => Math.min(a, b));
  const highest = positions.reduce((a, b) => Math.max(a, b));
  const pad = highest > lowest ? (highest - lowest) * padding : Math.abs(highest) * 0.1 || 1;
  const [low, high] = [lowest - pad, highest + pad];
  const ticks = (scale === 'log' ? logTicks : linearTicks)(recover(low), recover(high), tickCount);
  // Over decades every tick has a unit of its own; on a line all share one.
  const labels = scale === 'log' ? ticks.flatMap((tick) => formatTicks([tick])) : formatTicks(ticks);
  return {
    ticks: ticks.map((value, i) => ({ value, label: labels[i] ?? '' })),
    at: (value) => (project(value) - low) / (high - low),
  };
}
