/** The curves of a run, in cards. */
import { useMemo } from 'preact/hooks';
import type { RunDetail, Series } from '../../../../src/server/api.ts';
import { api } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import type { ChartLine, StepRange } from '../../components/chart-data.ts';
import { chartCsv } from '../../components/chart-data.ts';
import type { ChartMark } from '../../components/chart-plot.ts';
import { Select, Slider, Toggle } from '../../components/field.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { useRequest } from '../../use-request.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { arranged, type Card, cardsOf } from './cards.ts';
import { CurveCard } from './curve-card.tsx';
import './curves.css';
import { imagesPerSecond } from './derived-series.ts';
import { downloadText } from './download-text.ts';
import { type Mark, marksOf } from './findings.ts';
import { continued, type LiveSeries } from './live-series.ts';
import type { RunFeed } from './run-feed.ts';
import { nearestSheet } from './timeline.ts';
import { columnCounts, view } from './view.ts';

export function CurvesPanel({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const series = feed.series.value;
  if (series === undefined) return <Loading what="Reading the curves" />;
  // Counts what is added to the series in place.
  const version = feed.version.value;
  if (series.names.length === 0) {
    return (
      <Empty title="No steps yet">
        <p class="soft">The curves begin with the first step.</p>
      </Empty>
    );
  }
  return <Curves feed={feed} detail={detail} series={series} version={version} />;
}

function Curves({
  feed,
  detail,
  series,
  version,
}: {
  readonly feed: RunFeed;
  readonly detail: RunDetail;
  readonly series: LiveSeries;
  readonly version: number;
}) {
  const range = view.range.value;
  const part = range && `${feed.run} ${range.from} ${range.to} ${series.fetchedSeq}`;
  const zoomed = useRequest(part, (signal) => api.series(feed.run, { ...range }, signal));
  const told = series.names.filter((name) => name !== 'penalty' || series.of(name).mean.some((value) => value !== 0));
  const allNames = [...told, ...(told.includes('ms') ? ['imagesPerSecond'] : [])].join('\n');
  const cards = useMemo(() => cardsOf(allNames.split('\n')), [allNames]);
  const imagesPerStep = detail.step === 0 ? 0 : detail.imagesSeen / detail.step;
  const linesOf = useLines({ series, version, range, zoomed: range && zoomed.result, imagesPerStep });
  const marks = useMemo(
    () => (view.marks.value ? marksOf(detail.events, detail.checkpoints).map(chartMark) : []),
    [detail.events, detail.checkpoints, view.marks.value],
  );
  const last = Math.max(1, detail.step, series.lastStep);
  const extent = useMemo(() => ({ from: 0, to: last }), [last]);
  const shown = arranged(cards, view.pinned.value, view.hidden.value);
  useShortcuts('Curves', [{ keys: 'l', does: 'Log or linear axes', run: () => toggleAxes(shown) }]);
  return (
    <div class="stack">
      <div class="curves-toolbar">
        <Slider
          label="Smoothing"
          value={view.smoothing.value}
          min={0}
          max={0.99}
          step={0.01}
          onInput={(value) => view.smoothing.set(value, 'replace')}
        />
        <Select
          label="Columns"
          value={view.columns.value}
          options={columnCounts}
          onInput={(value) => view.columns.set(value, 'replace')}
        />
        <Toggle label="Marks" value={view.marks.value} onInput={(value) => view.marks.set(value, 'replace')} />
        <span class="row">
          <Button
            icon="download"
            onClick={() => downloadText(`${feed.run}-curves.csv`, chartCsv(shown.flatMap(linesOf)))}
          >
            CSV
          </Button>
          {view.hidden.value.length > 0 && (
            <Button onClick={() => view.hidden.reset()}>Show {view.hidden.value.length} hidden</Button>
          )}
        </span>
      </div>
      {range !== undefined && (
        <div class="row small">
          <span class="numbers">
            Steps {count(range.from)} to {count(range.to)}
          </span>
          <Button icon="reset" onClick={() => view.range.reset()}>
            All steps
          </Button>
          {zoomed.isBusy && <span class="spinner" />}
        </div>
      )}
      {zoomed.problem !== undefined && range !== undefined && (
        <ErrorPanel title="The detail of these steps did not come" problem={zoomed.problem} onRetry={zoomed.again} />
      )}
      <div class={`curve-cards columns-${view.columns.value}`}>
        {shown.map((card) => (
          <CurveCard
            key={card.id}
            card={card}
            lines={linesOf(card)}
            version={version}
            marks={marks}
            range={range}
            extent={extent}
            onRange={setRange}
            onPick={(step) => view.step.set(nearestSheet(detail.samples, step), 'replace')}
          />
        ))}
      </div>
    </div>
  );
}

/** The lines of each card; the same objects until what they are drawn from is another. */
function useLines({
  series,
  version,
  range,
  zoomed,
  imagesPerStep,
}: {
  readonly series: LiveSeries;
  readonly version: number;
  readonly range: StepRange | undefined;
  /** The curves within the range, as they were when it was chosen. */
  readonly zoomed: Series | undefined;
  readonly imagesPerStep: number;
}) {
  // Columns of the series grow in place.
  const known = useMemo(() => new Map<string, readonly ChartLine[]>(), [series, zoomed]);
  const derived = useMemo(() => new Map<string, readonly ChartLine[]>(), [series, zoomed, range, version]);
  const columnsOf = (name: string) => {
    const [part, whole] = [zoomed?.series[name], series.of(name)];
    return part === undefined || range === undefined ? whole : continued(part, whole, range);
  };
  return (card: Card): readonly ChartLine[] => {
    const isSpeed = card.id === 'imagesPerSecond';
    const kept = isSpeed || zoomed !== undefined ? derived : known;
    const key = card.lines.map(({ name }) => name).join('\n');
    const lines =
      kept.get(key) ??
      card.lines.map((line) => {
        const columns = columnsOf(isSpeed ? 'ms' : line.name);
        return { ...line, columns: isSpeed ? imagesPerSecond(columns, imagesPerStep) : columns };
      });
    kept.set(key, lines);
    return lines;
  };
}

function setRange(range: StepRange | undefined): void {
  const from = Math.max(0, Math.floor(range?.from ?? 0));
  view.range.set(range === undefined ? undefined : { from, to: Math.max(from + 1, Math.ceil(range.to)) });
}

/** All to log axes, unless they are; then all to linear ones. */
function toggleAxes(cards: readonly Card[]): void {
  const isLogNow = (card: Card) => card.isLog !== view.otherAxis.peek().includes(card.id);
  const isLog = !cards.every(isLogNow);
  view.otherAxis.set(
    cards.filter((card) => card.isLog !== isLog).map(({ id }) => id),
    'replace',
  );
}

const markColours = {
  advice: '--series-1',
  warning: '--warning',
  collapse: '--bad',
  rollback: '--ink-soft',
  learningRates: '--ink',
  checkpoint: '--line-strong',
} as const;

const chartMark = ({ step, kind, label }: Mark): ChartMark => ({
  step,
  label,
  colour: markColours[kind],
  isMinor: kind === 'checkpoint',
});
