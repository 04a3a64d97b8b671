/** The columns of the table of runs. */
import type { RunSummary } from '../../../../src/server/api.ts';
import { sampleAddress } from '../../api.ts';
import { StateBadge } from '../../components/state-badge.tsx';
import { Bar } from '../../components/states.tsx';
import type { Column } from '../../components/table.tsx';
import { ago, count, duration, short } from '../../format.ts';
import { runPath } from '../../routes.ts';
import { RunActions } from './run-actions.tsx';

/** Without those in which no run has anything. */
export function runColumns({
  all,
  now,
  chosen,
  onChoose,
}: {
  readonly all: readonly RunSummary[];
  readonly now: number;
  readonly chosen: readonly string[];
  readonly onChoose: (run: string, isChosen: boolean) => void;
}): readonly Column<RunSummary>[] {
  const columns: readonly Column<RunSummary>[] = [
    {
      key: 'choose',
      title: 'Choose',
      hasHiddenTitle: true,
      cell: ({ run, state }) =>
        state === 'damaged' ? null : (
          <input
            type="checkbox"
            aria-label={`Choose ${run} to compare it`}
            checked={chosen.includes(run)}
            onChange={({ currentTarget }) => onChoose(run, currentTarget.checked)}
          />
        ),
    },
    { key: 'sheet', title: 'Newest samples', hasHiddenTitle: true, cell: (run) => <Thumbnail of={run} /> },
    {
      key: 'run',
      title: 'Run',
      isHeading: true,
      hasHiddenTitle: true,
      canSort: true,
      cell: ({ run }) => (
        <a class="run-name" href={runPath(run)}>
          {run}
        </a>
      ),
    },
    {
      key: 'state',
      title: 'State',
      hasHiddenTitle: true,
      canSort: true,
      cell: ({ state, reason }) => (
        <>
          <StateBadge state={state} />
          {reason !== undefined && <p class="reason small">{reason}</p>}
        </>
      ),
    },
    {
      key: 'model',
      title: 'Preset and data',
      canSort: true,
      cell: ({ model, preset, dataset }) => (
        <>
          {preset ?? model}
          {dataset !== undefined && <span class="soft small dataset"> {dataset}</span>}
        </>
      ),
    },
    { key: 'step', title: 'Step', isNumber: true, canSort: true, cell: (run) => <Steps of={run} /> },
    {
      key: 'speed',
      title: 'Images/s',
      isNumber: true,
      canSort: true,
      cell: ({ imagesPerSecond }) => imagesPerSecond !== undefined && short(imagesPerSecond),
    },
    {
      key: 'left',
      title: 'Time left',
      isNumber: true,
      canSort: true,
      cell: ({ secondsLeft }) => secondsLeft !== undefined && duration(secondsLeft),
    },
    {
      key: 'score',
      title: 'Best score',
      isNumber: true,
      canSort: true,
      cell: ({ bestScore }) =>
        bestScore !== undefined && (
          <>
            {short(bestScore.value)} <span class="soft small metric">{bestScore.metric}</span>
          </>
        ),
    },
    {
      key: 'changed',
      title: 'Changed',
      isNumber: true,
      canSort: true,
      cell: ({ changedAt }) =>
        changedAt !== undefined && (
          <time dateTime={changedAt} title={new Date(changedAt).toLocaleString()}>
            {ago(changedAt, now)}
          </time>
        ),
    },
    { key: 'actions', title: 'Actions', hasHiddenTitle: true, cell: (run) => <RunActions of={run} /> },
  ];
  const isEmpty: Readonly<Record<string, boolean>> = {
    speed: all.every(({ imagesPerSecond }) => imagesPerSecond === undefined),
    left: all.every(({ secondsLeft }) => secondsLeft === undefined),
    score: all.every(({ bestScore }) => bestScore === undefined),
  };
  return columns.filter(({ key }) => isEmpty[key] !== true);
}

/** The upper left of the newest sheet; it links where the name does, so the keyboard passes over it. */
function Thumbnail({ of: { run, newestSample, newestSampleAt } }: { readonly of: RunSummary }) {
  if (newestSample === undefined) return <span class="thumbnail none" />;
  return (
    <a class="thumbnail" href={runPath(run)} tabIndex={-1}>
      <img src={sampleAddress(run, newestSample, newestSampleAt)} alt={`Newest samples of ${run}`} loading="lazy" />
    </a>
  );
}

function Steps({ of: { run, step, steps, state } }: { readonly of: RunSummary }) {
  if (state === 'damaged') return null;
  return (
    <div class="steps">
      <span>
        {count(step)} <span class="soft">of {count(steps)}</span>
      </span>
      <Bar value={Math.min(1, step / Math.max(1, steps))} label={`Steps of ${run}`} />
    </div>
  );
}
