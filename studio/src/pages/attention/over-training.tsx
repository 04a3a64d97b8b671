/** How attention came about: γ over all steps, and how widely and how far blocks look at the checkpoints that are there. */
import { signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { RunDetail } from '../../../../src/server/api.ts';
import { compute } from '../../api.ts';
import { Button } from '../../components/button.tsx';
import { Chart } from '../../components/chart.tsx';
import type { ChartLine, StepRange } from '../../components/chart-data.ts';
import { ChartLegend } from '../../components/chart-legend.tsx';
import type { ChartMark } from '../../components/chart-plot.ts';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { useRequest } from '../../use-request.ts';
import { toggled } from '../run/cards.ts';
import type { RunFeed } from '../run/run-feed.ts';
import { gammaLines, historyLines } from './history-lines.ts';
import { MeasuredCheckpoints } from './measured-checkpoints.ts';
import { view } from './view.ts';

const hovered = signal<number | undefined>(undefined);

export function OverTraining({
  feed,
  detail,
  step,
  isFirst,
}: {
  readonly feed: RunFeed;
  readonly detail: RunDetail;
  readonly step: number;
  /** Nothing else is waited for. */
  readonly isFirst: boolean;
}) {
  const { checkpoints } = detail;
  const { run } = feed;
  const all = useMemo(
    () =>
      new MeasuredCheckpoints((step, signal) =>
        compute('attentionHistory', { place: { run }, steps: [step] }, { signal }),
      ),
    [run],
  );
  const key = view.history.value && isFirst ? `${run} ${checkpoints.join()}` : undefined;
  const { result, problem, progress, isBusy, again } = useRequest(key, (signal, onProgress) =>
    all.of(checkpoints, signal, onProgress),
  );
  const version = feed.version.value;
  const series = feed.series.value;
  const extent = { from: 0, to: Math.max(1, detail.step) };
  const marks = checkpoints.map(
    (at): ChartMark => ({
      step: at,
      label: `checkpoint of step ${at}`,
      colour: at === step ? '--ink' : '--line-strong',
      isMinor: at !== step,
    }),
  );
  const curve = (title: string, lines: readonly ChartLine[]) => (
    <Curve title={title} lines={lines} version={version} marks={marks} extent={extent} checkpoints={checkpoints} />
  );
  const measured = result?.checkpoints ?? [];
  return (
    <section class="panel stack" aria-labelledby="attention-history">
      <h2 id="attention-history">Over training</h2>
      <CheckpointButtons checkpoints={checkpoints} step={step} />
      <div class="attention-curves">
        {series !== undefined &&
          curve(
            'γ',
            gammaLines(series.names, (name) => series.of(name)),
          )}
        {view.history.value && measured.length > 0 && (
          <>
            {curve(
              'Entropy, as a share of its maximum',
              historyLines(measured, ({ meanEntropyBits, maximumEntropyBits }) => meanEntropyBits / maximumEntropyBits),
            )}
            {curve(
              'Mean distance, in sides of the image',
              historyLines(measured, ({ meanDistance }) => meanDistance),
            )}
          </>
        )}
      </div>
      {!view.history.value ? (
        <div class="row">
          <Button onClick={() => view.history.set(true)}>
            Measure {checkpoints.length === 1 ? 'the checkpoint' : `all ${checkpoints.length} checkpoints`}
          </Button>
          <span class="small soft">Entropy and distance of each block, at eight latents of the run</span>
        </div>
      ) : problem !== undefined ? (
        <ErrorPanel title="The checkpoints could not be measured" problem={problem} onRetry={again} />
      ) : (
        (isBusy || result === undefined) && <Loading what="Measuring the checkpoints" progress={progress} />
      )}
      {result?.refused.map((reason) => (
        <p key={reason} class="attention-note small">
          Left out: {reason}
        </p>
      ))}
    </section>
  );
}

/** The timeline, for hands and for keys. */
function CheckpointButtons({ checkpoints, step }: { readonly checkpoints: readonly number[]; readonly step: number }) {
  return (
    <fieldset class="attention-checkpoints">
      <legend class="small soft">Look at the maps of step</legend>
      {checkpoints.map((at) => (
        <Button
          key={at}
          isPressed={at === step}
          says={`Look at the maps of step ${at}`}
          onClick={() => view.checkpoint.set(at)}
        >
          {count(at)}
        </Button>
      ))}
    </fieldset>
  );
}

function Curve({
  title,
  lines,
  version,
  marks,
  extent,
  checkpoints,
}: {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly version: number;
  readonly marks: readonly ChartMark[];
  readonly extent: StepRange;
  readonly checkpoints: readonly number[];
}) {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  if (lines.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ChartLegend
        title={title}
        lines={lines}
        hidden={hidden}
        step={hovered}
        onToggle={(name) => setHidden(toggled(hidden, name))}
      />
      <Chart
        title={title}
        lines={lines.filter(({ name }) => !hidden.includes(name))}
        version={version}
        smoothing={0}
        isLog={false}
        marks={marks}
        range={undefined}
        extent={extent}
        onRange={() => undefined}
        step={hovered}
        onHover={(at) => {
          hovered.value = at;
        }}
        onPick={(at) => {
          const nearest = checkpoints.toSorted((a, b) => Math.abs(a - at) - Math.abs(b - at))[0];
          if (nearest !== undefined) view.checkpoint.set(nearest);
        }}
        height={160}
      />
    </section>
  );
}
