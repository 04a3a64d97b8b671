import { useState } from 'preact/hooks';
import { CopyButton } from '../../components/copy-button.tsx';
import { ErrorPanel } from '../../components/states.tsx';
import { Table } from '../../components/table.tsx';
import { useStudio } from '../../studio-info.ts';
import { configRows, searchedRows, trainCommand } from './config-rows.ts';

/** The config of a run: every setting, searched; as JSON; as a command. */
export function ConfigPanel({ run, config }: { readonly run: string; readonly config: object }) {
  const [search, setSearch] = useState('');
  const { result: studio, problem, again } = useStudio();
  const rows = configRows(config);
  const found = searchedRows(rows, search);
  const preset = 'preset' in config ? config.preset : undefined;
  const presetConfig = studio?.presets.find(({ name }) => name === preset)?.config;
  return (
    <section class="stack" aria-label="Config">
      <div class="row">
        <input
          class="config-search"
          type="search"
          aria-label="Search the config"
          placeholder={`Search ${rows.length} settings`}
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        <CopyButton label="Copy JSON" says="Copy JSON" text={() => JSON.stringify(config, null, 2)} />
        {studio !== undefined && (
          <CopyButton
            label="Copy command"
            says="Copy command"
            text={() => trainCommand(config, presetConfig, `${studio.runsFolder}/${run}-again`)}
          />
        )}
      </div>
      {problem !== undefined && <ErrorPanel title="The command cannot be told" problem={problem} onRetry={again} />}
      {found.length === 0 ? (
        <p class="soft">No setting has “{search}” in its name or value.</p>
      ) : (
        <Table
          caption={`Settings of ${run}`}
          columns={[
            { key: 'setting', title: 'Setting', cell: ({ key }) => <code>{key}</code>, isHeading: true },
            { key: 'value', title: 'Value', cell: ({ value }) => <code>{value}</code> },
          ]}
          rows={found}
          rowKey={({ key }) => key}
        />
      )}
    </section>
  );
}
