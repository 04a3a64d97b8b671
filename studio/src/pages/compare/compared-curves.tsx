import { type Signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Chart } from '../../components/chart.tsx';
import type { StepRange } from '../../components/chart-data.ts';
import { ChartLegend } from '../../components/chart-legend.tsx';
import { Select, Slider, Toggle } from '../../components/field.tsx';
import { count } from '../../format.ts';
import { decimal, flag, list, oneOf, text, wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { changeQuery } from '../../router.ts';
import { toggled } from '../run/cards.ts';
import {
  type AxisName,
  axes,
  type ComparedRun,
  firstSeries,
  linesOf,
  type SharedSeries,
  sharedSeries,
} from './compared-runs.ts';

const smoothing = queryState('smoothing', decimal(0, 0.99, 2), 0.6);
const isLog = queryState('log', flag, false);
const axis = queryState('axis', oneOf(axes), 'step');
const shown = queryState('curves', list(text), []);
/** Runs whose curves are not drawn. */
const hidden = queryState('hide', list(text), []);
const from = queryState('from', wholeNumber(0), -1);
const to = queryState('to', wholeNumber(0), -1);

const axisNames: Readonly<Record<AxisName, string>> = { step: 'Steps', images: 'Images seen' };

/** Curves of all runs over each other, a chart a series. */
export function ComparedCurves({ runs }: { readonly runs: readonly ComparedRun[] }) {
  const series = sharedSeries(runs.map(({ detail }) => detail));
  const chosen = shown.value.length === 0 ? firstSeries(series) : shown.value;
  const hovered = useSignal<number | undefined>(undefined);
  const range = useMemo(
    () => (to.value > from.value && from.value >= 0 ? { from: from.value, to: to.value } : undefined),
    [from.value, to.value],
  );
  return (
    <section class="panel stack">
      <h2>Curves</h2>
      {series.length === 0 ? (
        <p class="soft">These runs have no curve in common yet.</p>
      ) : (
        <>
          <div class="compare-controls">
            <Slider
              label="Smoothing"
              min={0}
              max={0.99}
              step={0.01}
              value={smoothing.value}
              initial={0.6}
              onInput={(value) => smoothing.set(value, 'replace')}
            />
            <Select
              label="Across"
              value={axis.value}
              options={axes.map((value) => ({ value, label: axisNames[value] }))}
              onInput={(value) => {
                axis.set(value);
                // A range of steps is none of images.
                changeQuery({ from: undefined, to: undefined }, 'replace');
              }}
            />
            <Toggle label="Log axis" value={isLog.value} onInput={(value) => isLog.set(value)} />
          </div>
          <SeriesChoice series={series} chosen={chosen} />
          <HoveredStep hovered={hovered} />
          <div class="compare-charts">
            {series
              .filter(({ name }) => chosen.includes(name))
              .map((each) => (
                <ComparedChart key={each.name} series={each} runs={runs} range={range} hovered={hovered} />
              ))}
          </div>
        </>
      )}
    </section>
  );
}

type Hovered = Signal<number | undefined>;

/** Alone in reading where the pointer is: the charts are not drawn again when it moves. */
function HoveredStep({ hovered }: { readonly hovered: Hovered }) {
  return (
    <p class="soft small numbers">
      {hovered.value === undefined
        ? 'Drag across a chart to see a part of it; a double click shows all again.'
        : `${axis.value === 'step' ? 'Step' : 'Image'} ${count(hovered.value)}`}
    </p>
  );
}

function ComparedChart({
  series: { name, title },
  runs,
  range,
  hovered,
}: {
  readonly series: SharedSeries;
  readonly runs: readonly ComparedRun[];
  readonly range: StepRange | undefined;
  readonly hovered: Hovered;
}) {
  const lines = useMemo(() => linesOf(runs, name, axis.value), [runs, name, axis.value]);
  const off = hidden.value;
  const drawn = useMemo(() => lines.filter((line) => !off.includes(line.name)), [lines, off]);
  return (
    <article class="compare-chart">
      <h3>{title}</h3>
      <Chart
        title={title}
        lines={drawn}
        smoothing={smoothing.value}
        isLog={isLog.value}
        range={range}
        onRange={setRange}
        step={hovered}
        onHover={(step) => {
          hovered.value = step;
        }}
      />
      <ChartLegend
        title={title}
        lines={lines}
        hidden={off}
        step={hovered}
        onToggle={(run) => hidden.set(toggled(off, run))}
      />
    </article>
  );
}

function setRange(range: StepRange | undefined): void {
  changeQuery(
    {
      from: range === undefined ? undefined : String(Math.max(0, Math.floor(range.from))),
      to: range === undefined ? undefined : String(Math.ceil(range.to)),
    },
    'push',
  );
}

function SeriesChoice({
  series,
  chosen,
}: {
  readonly series: readonly SharedSeries[];
  readonly chosen: readonly string[];
}) {
  return (
    <details>
      <summary class="small">
        {chosen.length} of {series.length} curves
      </summary>
      <ul class="compare-series">
        {series.map(({ name, title }) => (
          <li key={name}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={({ currentTarget }) =>
                  shown.set(
                    currentTarget.checked ? [...chosen, name] : chosen.filter((other) => other !== name),
                    'replace',
                  )
                }
              />
              {title}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
