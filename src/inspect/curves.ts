/** Training curves: panels above one another that share the horizontal axis. */
import { UserError } from '../base/errors.ts';
import { textBlock } from '../picture/block.ts';
import { distinctColour, ink, surface } from '../picture/colours.ts';
import { disc, path, rectangle, svgDocument, svgToPng, text } from '../picture/svg.ts';
import { textWidth } from '../picture/text.ts';
import { type Axis, axisOf } from './axis.ts';
import { curvePath } from './curve-path.ts';
import { type CurvePoint, smooth } from './smooth.ts';
import type { Scale } from './ticks.ts';

const width = 860;
const plotHeight = 150;
const margin = 24;
const panelGap = 26;
const markPitch = 19;
/** Half-life of the smoothing as a share of the horizontal range. */
const smoothing = 0.01;
/** Share of values at either end that does not widen a panel's range. */
const outlierShare = 0.002;
/** A curve with no more points than this is not smoothed and shows each as a dot. */
const fewPoints = 40;
const titleStyle = { capHeight: 13, weight: 'bold' } as const;
const headingStyle = { capHeight: 10, weight: 'bold' } as const;
const labelStyle = { capHeight: 9 } as const;

export interface Series {
  readonly name: string;
  /** `#rrggbb`; `roleColours` has those of D, G and real data. By default the next colour of the palette. */
  readonly colour?: string;
  /** Ascending in x. */
  readonly points: readonly CurvePoint[];
  /** One of many, drawn as a thin line that the legend leaves out. Default false. */
  readonly isMinor?: boolean;
}

/** Something that happened at an x: a line through all panels, and below them what it says. */
export interface Mark {
  readonly x: number;
  readonly label: string;
  readonly colour: string;
}

export interface Panel {
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** `linear` by default. On a `log` scale values that are not above 0 are gaps. */
  readonly scale?: Scale;
}

export interface CurvesOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly panels: readonly Panel[];
  /** Default none. */
  readonly marks?: readonly Mark[];
}

interface Curve extends Series {
  readonly colour: string;
  readonly smoothed: readonly CurvePoint[];
}

/** Where a panel's curves are drawn, in pixels, and the axes they are drawn against. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
}

/**
 * Draws training curves as an SVG of paths only: each series raw and faint, and smoothed and bold (see `smooth`), with
 * gaps where a value is not finite. A panel's range leaves out the outermost 0.2 % of the raw values at either end, which
 * are drawn at its border.
 *
 * Throws UserError when there is no point to draw, and on points that do not ascend in x.
 */
export function drawCurves({ title, xLabel, panels, marks = [] }: CurvesOptions): string {
  const xs = panels.flatMap((panel) => panel.series.flatMap(ascendingXs));
  if (xs.length === 0) {
    throw new UserError(
      `drawCurves: "${title}" has no points; expected at least one panel with one point. Train a few steps first.`,
    );
  }
  const halfLife = smoothing * (xs.reduce((a, b) => Math.max(a, b)) - xs.reduce((a, b) => Math.min(a, b)));
  const xAxis = axisOf(xs, 'linear', 8, 0.005);
  const drawn = panels.map((panel) => {
    const curves = panel.series.map((series, i) => ({
      ...series,
      colour: series.colour ?? distinctColour(i),
      smoothed: series.points.length > fewPoints ? smooth(series.points, halfLife) : series.points,
    }));
    return { panel, curves, yAxis: axisOf(curves.flatMap(rangeOf), panel.scale ?? 'linear', 4, 0.06) };
  });

  const labels = drawn.flatMap(({ yAxis }) => yAxis.ticks.map(({ label }) => label));
  const left = margin + Math.ceil(Math.max(0, ...labels.map((label) => textWidth(label, labelStyle)))) + 10;
  const right = width - margin;
  const heading = textBlock(title, titleStyle, right - margin);
  const headingGap = headingStyle.capHeight + 13;
  const pitch = headingGap + plotHeight + panelGap;
  const first = margin + heading.height + 22 + headingGap;
  const last = first + panels.length * pitch - headingGap - panelGap;
  const elements = drawn.flatMap(({ panel, curves, yAxis }, i) => {
    const plot = { left, right, top: first + i * pitch, xAxis, yAxis };
    return [
      ...drawHeader(panel.yLabel, curves, plot),
      ...drawGrid(plot),
      ...marks.map((mark) => drawMark(mark, plot)),
      ...curves.flatMap((curve) => drawCurve(curve, plot)),
    ];
  });
  const said = last + 54 + labelStyle.capHeight;
  const height = said + marks.length * markPitch + (marks.length === 0 ? 0 : panelGap / 2);
  return svgDocument(width, height, [
    path(rectangle(0, 0, width, height), { fill: surface.paper }),
    ...heading.draw(margin, margin, ink.strong),
    ...elements,
    ...xAxis.ticks.map(({ value, label }) =>
      note(label, toX({ left, right, xAxis }, value), last + 10 + labelStyle.capHeight, 'middle'),
    ),
    note(xLabel, (left + right) / 2, last + 32 + labelStyle.capHeight, 'middle'),
    ...marks.flatMap(({ label, colour }, i) => {
      const baseline = said + (i + 1) * markPitch;
      const dash = path(`M${left} ${baseline - labelStyle.capHeight / 2}h15`, { stroke: colour, width: 3 });
      return [dash, note(label, left + 24, baseline, 'start')];
    }),
  ]);
}

/** {@link drawCurves} as a PNG, at twice the size for dense screens and print. */
export async function drawCurvesPng(options: CurvesOptions): Promise<Buffer> {
  return svgToPng(drawCurves(options), 2);
}

function ascendingXs({ name, points }: Series): number[] {
  for (const [i, { x }] of points.entries()) {
    const before = points[i - 1]?.x ?? Number.NEGATIVE_INFINITY;
    if (!(x > before) || x === Number.POSITIVE_INFINITY) {
      throw new UserError(
        `drawCurves: point ${i} of "${name}" is at x = ${x} after x = ${before}; expected finite, ascending x. ` +
          'Sort the points, and keep the last of those that share an x.',
      );
    }
  }
  return points.map(({ x }) => x);
}

/** The values that a panel's range must hold: the raw ones without outliers. Their averages lie among them. */
function rangeOf({ points }: Curve): number[] {
  const raw = points.map(({ y }) => y).filter(Number.isFinite);
  const cut = Math.floor(raw.length * outlierShare);
  return raw.sort((a, b) => a - b).slice(cut, raw.length - cut);
}

/** The panel's label on the left, its legend on the right. */
function drawHeader(yLabel: string, curves: readonly Curve[], { left, right, top }: Plot): string[] {
  const baseline = top - 11;
  const elements = [text(yLabel, { ...headingStyle, x: left, baseline, colour: ink.strong })];
  let x = right;
  for (const { name, colour } of curves.filter(({ isMinor }) => isMinor !== true).toReversed()) {
    x -= textWidth(name, labelStyle);
    elements.push(note(name, x, baseline, 'start'));
    const middle = baseline - labelStyle.capHeight / 2;
    elements.push(path(`M${x - 24} ${middle}h15`, { stroke: colour, width: 3 }));
    x -= 42;
  }
  return elements;
}

function drawGrid({ left, right, top, xAxis, yAxis }: Plot): string[] {
  const bottom = top + plotHeight;
  const rows = yAxis.ticks.map(({ value }) => `M${left} ${Math.round(toY({ top, yAxis }, value))}H${right}`);
  const columns = xAxis.ticks.map(({ value }) => `M${Math.round(toX({ left, right, xAxis }, value))} ${top}V${bottom}`);
  return [
    path(rectangle(left, top, right - left, plotHeight), { fill: surface.panel }),
    path([...rows, ...columns].join(''), { stroke: surface.grid, width: 1 }),
    path(`M${left} ${bottom}H${right}`, { stroke: surface.axis, width: 1 }),
    ...yAxis.ticks.map(({ value, label }) =>
      note(label, left - 9, toY({ top, yAxis }, value) + labelStyle.capHeight / 2, 'end'),
    ),
    ...(yAxis.ticks.length > 0 ? [] : [note('no finite values', (left + right) / 2, top + plotHeight / 2, 'middle')]),
  ];
}

function drawMark({ x, colour }: Mark, plot: Plot): string {
  return path(`M${Math.round(toX(plot, x))} ${plot.top}v${plotHeight}`, { stroke: colour, width: 1.6 });
}

function drawCurve({ points, smoothed, colour, isMinor }: Curve, plot: Plot): string[] {
  const place = ({ x, y }: CurvePoint) => ({ x: toX(plot, x), y: toY(plot, y) });
  const raw = points.map(place);
  if (isMinor) return [path(curvePath(raw), { stroke: colour, width: 1, opacity: 0.4 })];
  const dots = points.length > fewPoints ? [] : raw.filter(({ y }) => Number.isFinite(y));
  return [
    path(curvePath(raw), { stroke: colour, width: 1, opacity: 0.28 }),
    path(curvePath(smoothed.map(place)), { stroke: colour, width: 2.2 }),
    path(dots.map(({ x, y }) => disc(x, y, 3)).join(''), { fill: colour }),
  ];
}

function note(content: string, x: number, baseline: number, anchor: 'start' | 'middle' | 'end'): string {
  return text(content, { ...labelStyle, x, baseline, anchor, colour: ink.soft });
}

function toX({ left, right, xAxis }: Pick<Plot, 'left' | 'right' | 'xAxis'>, value: number): number {
  return left + (right - left) * xAxis.at(value);
}

function toY({ top, yAxis }: Pick<Plot, 'top' | 'yAxis'>, value: number): number {
  return top + plotHeight * (1 - Math.min(1, Math.max(0, yAxis.at(value))));
}
