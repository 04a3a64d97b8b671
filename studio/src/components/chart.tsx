/** Curves over steps: raw and faint with what they span, smoothed and bold. The styles of all charts are in chart.css. */
import type { ReadonlySignal } from '@preact/signals';
import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { isDark } from '../theme.ts';
import {
  axisFor,
  type ChartLine,
  chartTable,
  formatValue,
  hasFewPoints,
  nearestIndex,
  type StepRange,
  summaryOf,
  valueRange,
} from './chart-data.ts';
import { type ChartMark, type PlotContent, plotData, plotOptions } from './chart-plot.ts';

export interface ChartProps {
  /** What it shows, for those who listen. */
  readonly title: string;
  /** Without those that the reader has hidden. */
  readonly lines: readonly ChartLine[];
  /** Counts the changes of columns that have grown in place. */
  readonly version?: number;
  /** How much of what came before an average keeps, 0 … 0.99. */
  readonly smoothing: number;
  readonly isLog: boolean;
  readonly marks?: readonly ChartMark[];
  /** The steps that were chosen to be shown; undefined for all. */
  readonly range: StepRange | undefined;
  /** All steps, where the chart stands beside others that begin earlier or end later. */
  readonly extent?: StepRange;
  /** Called when a range is dragged, and with undefined on a double click. */
  readonly onRange: (range: StepRange | undefined) => void;
  /** Where the cursor stands in all charts that are linked. */
  readonly step: ReadonlySignal<number | undefined>;
  readonly onHover: (step: number | undefined) => void;
  readonly onPick?: (step: number) => void;
  readonly height?: number;
}

/** A click is not the first of two after this. */
const doubleClickMs = 250;
const noMarks: readonly ChartMark[] = [];

/** A chart as wide as its place. */
export function Chart(props: ChartProps) {
  const { title, lines, version, smoothing, isLog, marks = noMarks, range, extent, height = 190 } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(props);
  newest.current = props;
  const axis = axisFor(lines, isLog);
  const table = useMemo(() => chartTable(lines, smoothing), [lines, version, smoothing]);
  const values = valueRange(lines, { isWhole: range === undefined, isPositive: axis === 'log' });
  const drawnNow: PlotContent = { lines, marks, range: range ?? extent, values: values ?? [0.1, 1] };
  const content = useRef(drawnNow);
  content.current = drawnNow;

  const structure = [
    axis,
    isDark.value,
    ...lines.map(({ name, colour, columns }) => `${name} ${colour} ${hasFewPoints(columns)}`),
  ].join('\n');
  useEffect(() => {
    if (place.current === null) return;
    const drawn = new uPlot(
      plotOptions(
        axis,
        () => content.current,
        (selected) => newest.current.onRange(selected),
      ),
      plotData(table),
      place.current,
    );
    plot.current = drawn;
    const stopPointing = followPointer(drawn, newest);
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0) drawn.setSize({ width, height });
    });
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      stopPointing();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [structure, height]);

  useEffect(() => {
    plot.current?.setData(plotData(table));
    moveCursor(plot.current, props.step.peek());
  }, [structure, table, marks, range, extent]);
  useSignalEffect(() => moveCursor(plot.current, props.step.value));

  return (
    <div class="chart">
      <div
        class="chart-place"
        role="img"
        aria-label={`${title}: curves over steps; the table below has their values`}
        ref={place}
      />
      {values === undefined && <p class="chart-empty soft small">No finite values yet</p>}
      <LineTable title={title} lines={lines} />
    </div>
  );
}

function moveCursor(plot: uPlot | undefined, step: number | undefined): void {
  if (plot === undefined) return;
  const left = step === undefined ? -10 : plot.valToPos(step, 'x');
  plot.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
}

/** Tells where the pointer is and what it picks, as the step of the nearest point. */
function followPointer(plot: uPlot, props: { readonly current: ChartProps }): () => void {
  const { over } = plot;
  let pressedAt = 0;
  let picking: ReturnType<typeof setTimeout> | undefined;
  const stepAt = (event: MouseEvent) => {
    const [steps] = plot.data;
    const index = nearestIndex(
      Array.from(steps),
      plot.posToVal(event.clientX - over.getBoundingClientRect().left, 'x'),
    );
    return index === undefined ? undefined : steps[index];
  };
  const listening = new AbortController();
  const { signal } = listening;
  over.addEventListener('mousemove', (event) => props.current.onHover(stepAt(event)), { signal });
  over.addEventListener('mouseleave', () => props.current.onHover(undefined), { signal });
  over.addEventListener(
    'dblclick',
    () => {
      clearTimeout(picking);
      props.current.onRange(undefined);
    },
    { signal },
  );
  over.addEventListener(
    'mousedown',
    ({ clientX }) => {
      pressedAt = clientX;
    },
    { signal },
  );
  over.addEventListener(
    'click',
    (event) => {
      const step = stepAt(event);
      if (step === undefined || event.detail > 1 || Math.abs(event.clientX - pressedAt) >= 4) return;
      picking = setTimeout(() => props.current.onPick?.(step), doubleClickMs);
    },
    { signal },
  );
  return () => {
    clearTimeout(picking);
    listening.abort();
  };
}

/** The curves in numbers, for those who listen. */
function LineTable({ title, lines }: Pick<ChartProps, 'title' | 'lines'>) {
  return (
    <div class="unseen">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {['Curve', 'Newest step', 'Value there', 'Least', 'Greatest'].map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(summaryOf).map(({ label, lastStep, last, least, greatest }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{lastStep ?? '–'}</td>
              {[last, least, greatest].map((value, index) => (
                <td key={String(index)}>{formatValue(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
