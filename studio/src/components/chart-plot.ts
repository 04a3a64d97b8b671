/** A chart as uPlot draws it: what stands in which of its columns, its axes, its marks. */

import type uPlot from 'uplot';
import { isDark, themeColour } from '../theme.ts';
import {
  type Axis,
  type ChartLine,
  type ChartTable,
  formatValue,
  hasFewPoints,
  type StepRange,
  type ThemeColour,
} from './chart-data.ts';
import { logTicks, symlogThreshold, symlogTicks } from './chart-ticks.ts';

/** Something that happened at a step: a line across the chart. */
export interface ChartMark {
  readonly step: number;
  readonly label: string;
  readonly colour: ThemeColour;
  /** A short stroke at the foot, for what happens often. */
  readonly isMinor?: boolean;
}

/** What a plot asks for whenever it draws. */
export interface PlotContent {
  readonly lines: readonly ChartLine[];
  readonly marks: readonly ChartMark[];
  readonly range: StepRange | undefined;
  /** Least and greatest value of the axis. */
  readonly values: readonly [number, number];
}

const columnsPerLine = 4;
const seriesOffset = { max: 1, min: 2, raw: 3, smoothed: 4 } as const;
const font = '11px system-ui, sans-serif';

/** The columns in the order of `plotOptions`. */
export function plotData({ step, lines }: ChartTable): uPlot.AlignedData {
  return [step, ...lines.flatMap(({ max, min, raw, smoothed }) => [max, min, raw, smoothed])];
}

/** The options of a plot of `content`; what it gives later must have as many lines. */
export function plotOptions(
  axis: Axis,
  content: () => PlotContent,
  onSelect: (range: StepRange) => void,
): uPlot.Options {
  const { lines, values } = content();
  const threshold = symlogThreshold(...values);
  const line = themeColour('--line');
  const axes = { stroke: themeColour('--ink-soft'), font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: 300,
    height: 180,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      // A double click is the chart's to answer: uPlot would show all that it has, which may be a part.
      bind: { dblclick: () => null },
    },
    scales: {
      x: { time: false, range: (_, low, high) => stepsShown(content().range, low, high) },
      y: { ...distribution(axis, threshold), range: () => padded(axis, content().values) },
    },
    axes: [
      { ...axes, size: 26, space: 60, values: (_, ticks) => ticks.map(stepLabel) },
      {
        ...axes,
        ...ticksOf(axis, threshold),
        size: 52,
        space: 28,
        filter: (_, ticks) => ticks,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatValue(tick))),
      },
    ],
    series: [{}, ...lines.flatMap(lineSeries)],
    bands: lines.flatMap((drawn, index) => {
      if (drawn.isMinor === true) return [];
      const at = index * columnsPerLine;
      return [
        {
          series: [at + seriesOffset.max, at + seriesOffset.min] as [number, number],
          fill: translucent(themeColour(drawn.colour), isDark.peek() ? 0.24 : 0.16),
        },
      ];
    }),
    hooks: {
      drawAxes: [(plot) => drawMarks(plot, content().marks)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 4) onSelect({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

function lineSeries({ colour: name, isMinor = false, columns }: ChartLine): readonly uPlot.Series[] {
  const colour = themeColour(name);
  const hidden: uPlot.Series = { points: { show: false }, width: 0 };
  const points = { show: hasFewPoints(columns), size: 5, fill: colour, width: 0 };
  if (isMinor) return [hidden, hidden, { stroke: colour, width: 1, alpha: 0.5, points: { show: false } }, hidden];
  return [
    hidden,
    hidden,
    { stroke: colour, width: 1, alpha: 0.35, points: { show: false } },
    { stroke: colour, width: 2, points },
  ];
}

function distribution(axis: Axis, threshold: number): uPlot.Scale {
  if (axis === 'log') return { distr: 3 };
  return axis === 'symlog' ? { distr: 4, asinh: threshold } : { distr: 1 };
}

/** uPlot's own ticks of such axes need ranges that begin and end at powers of ten. */
function ticksOf(axis: Axis, threshold: number): Pick<uPlot.Axis, 'splits'> {
  if (axis === 'log') return { splits: (_plot, _index, low, high) => logTicks(low, high) };
  return axis === 'symlog' ? { splits: (_plot, _index, low, high) => symlogTicks(low, high, threshold) } : {};
}

/** Some room above and below, of the axis's own measure. */
function padded(axis: Axis, [low, high]: readonly [number, number]): [number, number] {
  // The plot of before may be asked once more, when the axis of what is to be drawn is another already.
  if (axis === 'log' && low <= 0) return [0.1, 1];
  if (axis === 'log') {
    const factor = Math.max(1.05, (high / low) ** 0.06);
    return [low / factor, high * factor];
  }
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

function stepsShown(range: StepRange | undefined, low: number | null, high: number | null): [number, number] {
  if (range !== undefined) return [range.from, range.to];
  const [first, last] = [low ?? 0, high ?? 1];
  return last > first ? [first, last] : [first - 1, first + 1];
}

/** 12k, 1.5M: short, for they stand close together. */
function stepLabel(step: number): string {
  const [divisor, unit] = step >= 1e6 ? [1e6, 'M'] : step >= 1e4 ? [1e3, 'k'] : [1, ''];
  return Number.isInteger(step) ? `${Number((step / divisor).toPrecision(6))}${unit}` : '';
}

function drawMarks({ ctx, bbox, valToPos }: uPlot, marks: readonly ChartMark[]): void {
  const scale = devicePixelRatio;
  ctx.save();
  for (const { step, colour, isMinor = false } of marks) {
    const x = Math.round(valToPos(step, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = themeColour(colour);
    ctx.lineWidth = scale * (isMinor ? 1 : 1.5);
    ctx.setLineDash(isMinor ? [] : [4 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, isMinor ? bbox.top + bbox.height - 6 * scale : bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function translucent(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
