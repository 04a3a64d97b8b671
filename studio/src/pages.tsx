/** Which view belongs to which address. */
import type { ComponentType } from 'preact';
import { AttentionPage } from './pages/attention/attention-page.tsx';
import { ComparePage } from './pages/compare/compare-page.tsx';
import { DataPage } from './pages/data/data-page.tsx';
import { ExplorePage } from './pages/explore/explore-page.tsx';
import { NewPage } from './pages/new/new-page.tsx';
import { RunPage as RunView } from './pages/run/run-page.tsx';
import { RunsPage } from './pages/run-list/runs-page.tsx';
import type { Route, RunPageName } from './routes.ts';

interface PlainPage {
  /** In the window's title. */
  readonly title: string;
  readonly View: ComponentType;
}

interface RunPage {
  /** Words of its tab. */
  readonly title: string;
  readonly View: ComponentType<{ readonly run: string }>;
}

export const plainPages: Partial<Readonly<Record<Exclude<Route['page'], RunPageName | 'missing'>, PlainPage>>> = {
  runs: { title: 'Runs', View: RunsPage },
  new: { title: 'New run', View: NewPage },
  compare: { title: 'Compare', View: ComparePage },
  data: { title: 'Data', View: DataPage },
};

/** The shell has the run's name, its state and these tabs above them. */
export const runPageViews: Partial<Readonly<Record<RunPageName, RunPage>>> = {
  run: { title: 'Training', View: RunView },
  attention: { title: 'Attention', View: AttentionPage },
  explore: { title: 'Explore', View: ExplorePage },
};
