import { api } from '../../api.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { seriesColours } from '../../components/chart-data.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Select } from '../../components/field.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { list, text } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { currentLink } from '../../router.ts';
import { runPath } from '../../routes.ts';
import { runs } from '../../stream.ts';
import { useNow } from '../../use-now.ts';
import { useRequest } from '../../use-request.ts';
import './compare-page.css';
import { ComparedCurves } from './compared-curves.tsx';
import { ComparedImages } from './compared-images.tsx';
import { type ComparedRun, mostCompared } from './compared-runs.ts';
import { ComparedSheets } from './compared-sheets.tsx';
import { ConfigDifferences } from './config-differences.tsx';
import { Swatch } from './swatch.tsx';

const chosenRuns = queryState('runs', list(text), []);

/** Runs side by side: settings that differ, curves over each other, sheets of the same latents. */
export function ComparePage() {
  const names = chosenRuns.value.slice(0, mostCompared);
  return (
    <div class="stack">
      <div class="page-head">
        <h1>Compare</h1>
        <span class="row-end">
          <CopyButton label="Copy link" text={currentLink} />
        </span>
      </div>
      <ChosenRuns names={names} />
      {names.length < 2 ? <ChooseMore names={names} /> : <Comparison key={names.join('/')} names={names} />}
    </div>
  );
}

function ChosenRuns({ names }: { readonly names: readonly string[] }) {
  const others = (runs.value ?? []).filter(({ run, state }) => state !== 'damaged' && !names.includes(run));
  return (
    <div class="compare-chosen">
      <ul class="row">
        {names.map((name, index) => {
          const summary = runs.value?.find(({ run }) => run === name);
          return (
            <li key={name} class="compare-chip">
              <Swatch colour={seriesColours[index]} />
              <a href={runPath(name)}>{name}</a>
              {summary !== undefined && <StateBadge state={summary.state} />}
              <IconButton
                icon="close"
                label={`Take ${name} out`}
                onClick={() => chosenRuns.set(names.filter((other) => other !== name))}
              />
            </li>
          );
        })}
      </ul>
      {names.length > 0 && names.length < mostCompared && others.length > 0 && (
        <Select
          label="Add a run"
          value=""
          options={[{ value: '', label: 'Add a run…' }, ...others.map(({ run }) => run)]}
          onInput={(run) => run !== '' && chosenRuns.set([...names, run])}
        />
      )}
    </div>
  );
}

const mostSuggested = 12;

function ChooseMore({ names }: { readonly names: readonly string[] }) {
  const others = (runs.value ?? []).filter(({ run, state }) => state !== 'damaged' && !names.includes(run));
  if (runs.value === undefined) return <Loading what="Reading the runs" />;
  if (others.length === 0)
    return (
      <Empty title="There is nothing to compare yet">
        <p class="soft">Two runs are needed, of which each has begun.</p>
      </Empty>
    );
  return (
    <Empty title={names.length === 0 ? 'Choose two runs or more' : 'Choose another run'}>
      <p class="soft">Their settings, curves and samples are laid side by side, {mostCompared} runs at most.</p>
      <div class="row compare-suggestions">
        {others.slice(0, mostSuggested).map(({ run }) => (
          <Button key={run} icon="plus" onClick={() => chosenRuns.set([...names, run])}>
            {run}
          </Button>
        ))}
      </div>
      {others.length > mostSuggested && (
        <p class="soft">
          <a href="/">All {others.length} runs</a> can be chosen from the list.
        </p>
      )}
    </Empty>
  );
}

/** Runs in training are read again now and then. */
function Comparison({ names }: { readonly names: readonly string[] }) {
  const now = useNow();
  const isTraining = runs.value?.some(({ run, state }) => names.includes(run) && state === 'training') === true;
  const key = `${names.join('/')} ${isTraining ? now : ''}`;
  const { result, problem, isBusy, again } = useRequest(key, (signal) =>
    Promise.all(
      names.map(async (name, index): Promise<ComparedRun> => {
        const [detail, series] = await Promise.all([api.run(name, signal), api.series(name, {}, signal)]);
        return { detail, series, colour: seriesColours[index] ?? seriesColours[0] };
      }),
    ),
  );
  if (result === undefined)
    return isBusy ? (
      <Loading what="Reading the runs" />
    ) : (
      <ErrorPanel title="The runs cannot be compared" problem={problem ?? ''} onRetry={again}>
        <p>Take the run out that it is about, or try again.</p>
      </ErrorPanel>
    );
  return (
    <>
      {problem !== undefined && (
        <ErrorPanel title="The runs could not be read again" problem={problem} onRetry={again}>
          <p>What is shown is as it was before.</p>
        </ErrorPanel>
      )}
      <ConfigDifferences runs={result} />
      <ComparedCurves runs={result} />
      <ComparedSheets runs={result} />
      <ComparedImages runs={result} />
    </>
  );
}
