import type { RunEvent } from '../../../../src/server/api.ts';
import { Empty } from '../../components/states.tsx';
import { Table } from '../../components/table.tsx';
import { count } from '../../format.ts';
import { eventWords } from './control-words.ts';
import { view } from './view.ts';

/** What has happened to a run, newest first. */
export function EventsPanel({ events }: { readonly events: readonly RunEvent[] }) {
  if (events.length === 0) {
    return (
      <Empty title="Nothing has happened yet">
        <p class="soft">Checkpoints, scores, findings and requests are listed here.</p>
      </Empty>
    );
  }
  return <EventList events={events} />;
}

export function EventList({ events }: { readonly events: readonly RunEvent[] }) {
  return (
    <Table
      caption="Events, newest first"
      columns={[
        { key: 'step', title: 'Step', cell: ({ step }) => <StepLink step={step} />, isNumber: true },
        { key: 'what', title: 'What', cell: (event) => eventWords(event), isHeading: true },
        ...(events.some(({ time }) => typeof time === 'string')
          ? [{ key: 'time', title: 'When', cell: ({ time }: RunEvent) => timeWords(time) }]
          : []),
      ]}
      rows={events.toReversed()}
      rowKey={({ seq }) => String(seq)}
    />
  );
}

function StepLink({ step }: { readonly step: number | undefined }) {
  if (step === undefined) return <>–</>;
  return (
    <button
      type="button"
      class="link"
      aria-label={`Show the samples near step ${step}`}
      onClick={() => view.step.set(step)}
    >
      {count(step)}
    </button>
  );
}

function timeWords(time: unknown): string {
  if (typeof time !== 'string') return '';
  return new Date(time).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
}
