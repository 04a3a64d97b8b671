/** Watch a run train. */
import { useEffect, useMemo } from 'preact/hooks';
import type { RunDetail, RunEvent } from '../../../../src/server/api.ts';
import { LinkButton } from '../../components/button.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { notify } from '../../components/status.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { ConfigPanel } from './config-panel.tsx';
import { eventWords, isActive } from './control-words.ts';
import { CurvesPanel } from './curves-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { findingsOf } from './findings.ts';
import { FindingsPanel } from './findings-panel.tsx';
import { OutputPanel } from './output-panel.tsx';
import { RatesPanel } from './rates-panel.tsx';
import './run.css';
import { RunFeed } from './run-feed.ts';
import { RunHeader } from './run-header.tsx';
import { SamplesPanel } from './samples-panel.tsx';
import { type TabName, view } from './view.ts';

export function RunPage({ run }: { readonly run: string }) {
  const feed = useMemo(() => new RunFeed(run, announceNews), [run]);
  useEffect(() => () => feed.close(), [feed]);
  const detail = feed.detail.value;
  const problem = feed.problem.value;
  if (problem !== undefined) {
    return (
      <ErrorPanel title="This run cannot be shown" problem={problem} onRetry={() => void feed.begin()}>
        <ToTheRuns />
      </ErrorPanel>
    );
  }
  if (detail === undefined) return <Loading what="Reading the run" />;
  if (detail.state === 'damaged') {
    return (
      <ErrorPanel
        title="This run is damaged"
        problem={detail.reason ?? 'Its folder cannot be read.'}
        onRetry={() => void feed.begin()}
      >
        <p>Its files are left as they are. Mend what is named here, or delete the run from the list of runs.</p>
        <ToTheRuns />
      </ErrorPanel>
    );
  }
  return (
    <div class="stack">
      <RunHeader feed={feed} detail={detail} />
      <div class="run-columns">
        <SamplesPanel run={run} detail={detail} />
        <div class="run-views">
          <Views feed={feed} detail={detail} />
        </div>
      </div>
    </div>
  );
}

function Views({ feed, detail }: { readonly feed: RunFeed; readonly detail: RunDetail }) {
  const findings = findingsOf(detail.events);
  const holding = findings.filter(({ clearedAt }) => clearedAt === undefined).length;
  const tabs: readonly { readonly name: TabName; readonly label: string }[] = [
    { name: 'curves', label: 'Curves' },
    { name: 'findings', label: holding === 0 ? 'Findings' : `Findings (${holding})` },
    { name: 'rates', label: 'Learning rates' },
    { name: 'config', label: 'Config' },
    { name: 'events', label: 'Events' },
    { name: 'output', label: 'Output' },
  ];
  const chosen = view.tab.value;
  return (
    <Tabs label="Views of the run" tabs={tabs} chosen={chosen} onChoose={(name) => view.tab.set(name, 'replace')}>
      <div class="run-view">
        {chosen === 'curves' && <CurvesPanel feed={feed} detail={detail} />}
        {chosen === 'findings' && <FindingsPanel findings={findings} detail={detail} />}
        {chosen === 'rates' && <RatesPanel feed={feed} detail={detail} />}
        {chosen === 'config' && <ConfigPanel run={feed.run} config={detail.config ?? {}} />}
        {chosen === 'events' && <EventsPanel events={detail.events} />}
        {chosen === 'output' && <OutputPanel run={feed.run} isActive={isActive(detail)} />}
      </div>
    </Tabs>
  );
}

function ToTheRuns() {
  return (
    <div>
      <LinkButton href="/">To the runs</LinkButton>
    </div>
  );
}

/** What happens while one looks, and asks for a word. */
function announceNews(event: RunEvent): void {
  if (event.type === 'refused' || event.type === 'diverged') notify(eventWords(event), 'problem');
  if (event.type === 'finding' || event.type === 'rollback' || event.type === 'finished') notify(eventWords(event));
}
