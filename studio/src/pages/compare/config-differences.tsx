import { type Column, Table } from '../../components/table.tsx';
import { writtenValue } from '../new/settings-list.ts';
import { type ComparedRun, type Difference, differences } from './compared-runs.ts';
import { Swatch } from './swatch.tsx';

function shown(value: string | undefined) {
  return value === undefined ? <span class="soft">not set</span> : writtenValue(JSON.parse(value));
}

/** The settings that are not the same in all runs. */
export function ConfigDifferences({ runs }: { readonly runs: readonly ComparedRun[] }) {
  const rows = differences(runs.map(({ detail }) => detail.config ?? {}));
  const columns: readonly Column<Difference>[] = [
    { key: 'setting', title: 'Setting', hasHiddenTitle: true, isHeading: true, cell: ({ key }) => <code>{key}</code> },
    ...runs.map(({ detail: { run }, colour }, index) => ({
      key: `run-${index}`,
      title: run,
      mark: <Swatch colour={colour} />,
      cell: ({ values }: Difference) => shown(values[index]),
    })),
  ];
  return (
    <section class="panel stack">
      <h2>Settings that differ</h2>
      {rows.length === 0 ? (
        <p class="soft">None: these runs have the same config.</p>
      ) : (
        <Table caption="Settings that differ" columns={columns} rows={rows} rowKey={({ key }) => key} />
      )}
    </section>
  );
}
