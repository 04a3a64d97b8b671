/** What a chart draws, as numbers: its table of columns, the range of its axis, its text for those who do not see it. */

import type { SeriesColumns } from '../../../src/server/api.ts';
import { smoothed } from './chart-smooth.ts';

export interface ChartLine {
  /** Tells it from the others: the name of a series. */
  readonly name: string;
  readonly label: string;
  /** A colour of the theme. */
  readonly colour: ThemeColour;
  readonly columns: SeriesColumns;
  /** One of many: a thin line, not smoothed. */
  readonly isMinor?: boolean;
}

/** A custom property of the style sheets, such as `--generator`. */
export type ThemeColour = `--${string}`;

/** For lines without a role: `src/picture/colours.ts` has them, chart.css makes them fit to be read on dark and light. */
export const seriesColours = [
  '--series-1',
  '--series-2',
  '--series-3',
  '--series-4',
  '--series-5',
  '--series-6',
] as const satisfies readonly ThemeColour[];

export interface StepRange {
  readonly from: number;
  readonly to: number;
}

/** A cell that is undefined has nothing at its step, and the line goes on; null is a gap. */
export type ChartColumn = (number | null | undefined)[];

/** Columns over one ascending column of steps. */
export interface ChartTable {
  readonly step: number[];
  readonly lines: readonly {
    readonly raw: ChartColumn;
    readonly min: ChartColumn;
    readonly max: ChartColumn;
    readonly smoothed: ChartColumn;
  }[];
}

const fewPoints = 12;

/** Whether each point of a curve is shown as a dot, and none smoothed. */
export function hasFewPoints({ step }: SeriesColumns): boolean {
  return step.length <= fewPoints;
}

/** Lines over the union of their steps. */
export function chartTable(lines: readonly ChartLine[], smoothing: number): ChartTable {
  const step = [...new Set(lines.flatMap(({ columns }) => columns.step))].sort((a, b) => a - b);
  const rowOf = new Map(step.map((at, row) => [at, row]));
  return {
    step,
    lines: lines.map(({ columns, isMinor }) => {
      const spread = (values: readonly (number | null)[]): ChartColumn => {
        const cells: ChartColumn = new Array<undefined>(step.length).fill(undefined);
        for (const [index, at] of columns.step.entries()) cells[rowOf.get(at) ?? 0] = values[index];
        return cells;
      };
      const raw = spread(columns.mean);
      const isPlain = isMinor === true || smoothing === 0 || hasFewPoints(columns);
      return {
        raw,
        min: spread(columns.min),
        max: spread(columns.max),
        smoothed: isPlain ? raw : spread(smoothed(columns.step, columns.mean, smoothing)),
      };
    }),
  };
}

/** Share of a run at its start that does not widen an axis: the first steps are wild, and would flatten all that follows. */
const settlingShare = 0.05;
/** Share of the values at either end that does not, either. */
const outlierShare = 0.005;

/**
 * The values that an axis must hold: those of all lines without outliers and, where `isWhole`, the first steps; undefined where
 * nothing is finite (or above 0, where `isPositive`).
 */
export function valueRange(
  lines: readonly ChartLine[],
  { isWhole, isPositive }: { readonly isWhole: boolean; readonly isPositive: boolean },
): [low: number, high: number] | undefined {
  const values = lines.flatMap(({ columns: { mean } }) => {
    const settled = isWhole ? mean.slice(Math.floor(mean.length * settlingShare)) : mean;
    return settled.filter((value) => value !== null).filter((value) => !isPositive || value > 0);
  });
  values.sort((a, b) => a - b);
  const cut = Math.floor(values.length * outlierShare);
  const [low, high] = [values[cut], values[values.length - 1 - cut]];
  return low === undefined || high === undefined ? undefined : [low, high];
}

export type Axis = 'linear' | 'log' | 'symlog';

/** A log axis where every value is above 0, one that is straight around 0 where some are not. */
export function axisFor(lines: readonly ChartLine[], isLog: boolean): Axis {
  if (!isLog) return 'linear';
  const isPositive = lines.every(({ columns }) => columns.min.every((value) => value === null || value > 0));
  return isPositive ? 'log' : 'symlog';
}

/** Index of the entry of ascending `steps` that is nearest to `step`; undefined where there is none. */
export function nearestIndex(steps: readonly number[], step: number): number | undefined {
  if (steps.length === 0) return undefined;
  let low = 0;
  let high = steps.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) <= step) low = middle;
    else high = middle;
  }
  return Math.abs((steps[high] ?? 0) - step) < Math.abs((steps[low] ?? 0) - step) ? high : low;
}

/** The value of a line at the point nearest to `step`, by default at its last. */
export function valueAt({ columns }: ChartLine, step?: number): number | null | undefined {
  const index = step === undefined ? columns.step.length - 1 : nearestIndex(columns.step, step);
  return index === undefined ? undefined : columns.mean[index];
}

/** A number as the charts write it: four figures, without a tail of zeros. */
export function formatValue(value: number | null | undefined): string {
  if (value === undefined) return '–';
  if (value === null) return 'none';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2).replaceAll('-', '−').replace('e+', 'e');
  return String(Number(value.toPrecision(4))).replace('-', '−');
}

export interface LineSummary {
  readonly label: string;
  readonly lastStep: number | undefined;
  readonly last: number | null | undefined;
  readonly least: number | undefined;
  readonly greatest: number | undefined;
}

/** A line in numbers, for those who do not see it. */
export function summaryOf({ label, columns: { step, mean, min, max } }: ChartLine): LineSummary {
  const least = min.reduce<number>((a, b) => Math.min(a, b ?? a), Number.POSITIVE_INFINITY);
  const greatest = max.reduce<number>((a, b) => Math.max(a, b ?? a), Number.NEGATIVE_INFINITY);
  const isKnown = least <= greatest;
  return {
    label,
    lastStep: step.at(-1),
    last: mean.at(-1),
    least: isKnown ? least : undefined,
    greatest: isKnown ? greatest : undefined,
  };
}

/** A CSV of what is drawn: a row a step, and of each line its mean and, where points are of many steps, what they span. */
export function chartCsv(lines: readonly ChartLine[]): string {
  const { step, lines: columns } = chartTable(lines, 0);
  const spans = lines.map(({ columns: { mean, min, max } }) =>
    mean.some((value, i) => value !== min[i] || value !== max[i]),
  );
  const header = lines.flatMap(({ name }, i) => (spans[i] ? [name, `${name} min`, `${name} max`] : [name]));
  const cell = (value: number | null | undefined) =>
    value === undefined ? '' : value === null ? 'NaN' : String(value);
  const rows = step.map((at, row) => [
    String(at),
    ...columns.flatMap(({ raw, min, max }, i) => (spans[i] ? [raw[row], min[row], max[row]] : [raw[row]]).map(cell)),
  ]);
  return `${[['step', ...header.map(quoted)], ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
