import type { RunSummary } from '../../../../src/server/api.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Select } from '../../components/field.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { Table } from '../../components/table.tsx';
import { flag, list, oneOf, text } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { currentLink, navigate } from '../../router.ts';
import { connectionProblem, runs } from '../../stream.ts';
import { useStudio } from '../../studio-info.ts';
import { useNow } from '../../use-now.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { mostCompared } from '../compare/compared-runs.ts';
import { runColumns } from './run-columns.tsx';
import { filterRuns, type StateFilter, sortRuns, stateFilters } from './run-list.ts';
import './runs-page.css';

const search = queryState('search', text, '');
const filter = queryState('state', oneOf(stateFilters), 'all');
const sortBy = queryState('sort', text, 'changed');
const isDescending = queryState('descending', flag, true);
const chosen = queryState('chosen', list(text), []);

const filterNames: Readonly<Record<StateFilter, string>> = {
  all: 'All states',
  active: 'Training or paused',
  stopped: 'Stopped',
  finished: 'Finished',
  troubled: 'Failed or damaged',
};

/** All runs of the folder, as they go on. */
export function RunsPage() {
  const all = runs.value;
  return (
    <div class="stack">
      <div class="page-head">
        <h1>Runs</h1>
        <RunsFolder />
      </div>
      {all === undefined ? <Waiting /> : all.length === 0 ? <NoRuns /> : <RunList all={all} />}
    </div>
  );
}

function RunsFolder() {
  const { result } = useStudio();
  return result === undefined ? null : <code class="soft runs-folder">{result.runsFolder}</code>;
}

function Waiting() {
  return connectionProblem.value !== undefined ? (
    <ErrorPanel title="The runs cannot be read" problem="They appear as soon as the server answers again." />
  ) : (
    <Loading what="Reading the runs" />
  );
}

function NoRuns() {
  const command = 'sagan quickstart';
  return (
    <Empty title="No runs yet">
      <p class="soft">
        A run is a folder with all that one training makes. Begin one here, or let the quickstart train a small model on
        handwritten digits in a few minutes:
      </p>
      <LinkButton href="/new" icon="plus">
        New run
      </LinkButton>
      <p class="row">
        <code>{command}</code>
        <CopyButton label="Copy command" text={() => command} />
      </p>
    </Empty>
  );
}

function RunList({ all }: { readonly all: readonly RunSummary[] }) {
  const sorting = { by: sortBy.value, isDescending: isDescending.value };
  const shown = sortRuns(filterRuns(all, search.value, filter.value), sorting);
  const selected = chosen.value.filter((name) => all.some(({ run }) => run === name));
  const now = useNow();
  const compare = () => navigate(`/compare?runs=${selected.map(encodeURIComponent).join(',')}`);
  useShortcuts('Runs', [{ keys: 'c', does: 'Compare the chosen runs', run: () => selected.length > 1 && compare() }]);
  const choose = (run: string, isChosen: boolean) =>
    chosen.set(isChosen ? [...selected, run] : selected.filter((other) => other !== run), 'replace');
  return (
    <>
      <div class="runs-bar">
        <input
          type="search"
          aria-label="Search runs by name, model or data"
          placeholder="Search"
          value={search.value}
          onInput={({ currentTarget }) => search.set(currentTarget.value, 'replace')}
        />
        <Select
          label="State"
          value={filter.value}
          options={stateFilters.map((value) => ({ value, label: filterNames[value] }))}
          onInput={(value) => filter.set(value)}
        />
        <div class="row row-end">
          <CompareButton count={selected.length} onClick={compare} />
          <CopyButton label="Copy link" text={currentLink} />
        </div>
      </div>
      {shown.length === 0 ? (
        <Empty title="No run is like that">
          <Button
            onClick={() => {
              search.reset();
              filter.reset('replace');
            }}
          >
            Show all {all.length}
          </Button>
        </Empty>
      ) : (
        <div class="panel runs-panel tips-left">
          <Table
            caption="Runs"
            columns={runColumns({ all, now, chosen: selected, onChoose: choose })}
            rows={shown}
            rowKey={({ run }) => run}
            rowClass={({ run, state }) => `${state} ${selected.includes(run) ? 'chosen' : ''}`}
            sorting={sorting}
            onSort={({ by, isDescending: descends }) => {
              sortBy.set(by);
              isDescending.set(descends, 'replace');
            }}
          />
        </div>
      )}
    </>
  );
}

function CompareButton({ count, onClick }: { readonly count: number; readonly onClick: () => void }) {
  if (count > mostCompared) return <span class="soft">At most {mostCompared} runs can be compared</span>;
  return (
    <Button isDisabled={count < 2} onClick={onClick}>
      {count < 2 ? 'Choose two to compare' : `Compare ${count} runs`}
    </Button>
  );
}
