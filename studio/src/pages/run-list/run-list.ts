/** Which runs are listed, in which order. */
import type { RunState, RunSummary } from '../../../../src/server/api.ts';
import type { Sorting } from '../../components/table.tsx';

export const stateFilters = ['all', 'active', 'stopped', 'finished', 'troubled'] as const;
export type StateFilter = (typeof stateFilters)[number];

const statesOf: Readonly<Record<Exclude<StateFilter, 'all'>, readonly RunState[]>> = {
  active: ['starting', 'training', 'paused'],
  stopped: ['stopped'],
  finished: ['finished'],
  troubled: ['failed', 'damaged'],
};

/** Runs in whose name, model, preset or dataset each word of the search occurs. */
export function filterRuns(runs: readonly RunSummary[], search: string, filter: StateFilter): readonly RunSummary[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter(({ run, model, preset, dataset, state }) => {
    const text = [run, model, preset, dataset].join(' ').toLowerCase();
    return words.every((word) => text.includes(word)) && (filter === 'all' || statesOf[filter].includes(state));
  });
}

const values = new Map<string, (run: RunSummary) => string | number | undefined>(
  Object.entries({
    run: ({ run }) => run,
    state: ({ state }) => state,
    model: ({ preset, model }) => preset ?? model,
    step: ({ step, steps }) => (steps === 0 ? undefined : step / steps),
    speed: ({ imagesPerSecond }) => imagesPerSecond,
    left: ({ secondsLeft }) => secondsLeft,
    score: ({ bestScore }) => bestScore?.value,
    changed: ({ changedAt }) => (changedAt === undefined ? undefined : Date.parse(changedAt)),
  }),
);

const byName = new Intl.Collator('en', { numeric: true });

/** Sorted by a column; runs that have nothing in it come last, whichever way. */
export function sortRuns(runs: readonly RunSummary[], { by, isDescending }: Sorting): readonly RunSummary[] {
  const valueIn = values.get(by);
  if (valueIn === undefined) return runs;
  const way = isDescending ? -1 : 1;
  return runs.toSorted((one, other) => {
    const [a, b] = [valueIn(one), valueIn(other)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return way * (typeof a === 'number' && typeof b === 'number' ? a - b : byName.compare(String(a), String(b)));
  });
}
