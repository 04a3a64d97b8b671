/** All settings of a run, in groups that can be opened and searched. */
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.tsx';
import { Empty } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { type Setting, type SettingGroup, searchForm, sizeOf, titleOf } from './schema-form.ts';
import { SettingField } from './setting-field.tsx';
import { changesBelow, type Settings, settingOf, withSetting } from './settings-list.ts';

interface FormProps {
  readonly settings: Settings;
  readonly problems: ReadonlyMap<string, string>;
  readonly onChange: (settings: Settings) => void;
}

/** Those that nearly everybody looks at stand open. */
const firstSettings = ['steps', 'batch', 'seed', 'sampleEverySteps', 'checkpointEverySteps'];

export function SettingsForm({ form, ...props }: FormProps & { readonly form: SettingGroup }) {
  const [search, setSearch] = useState('');
  const found = searchForm(form, search);
  const isFirst = ({ path }: Setting) => firstSettings.includes(path);
  const others = found.settings.filter((setting) => !isFirst(setting));
  const groups = [
    ...(others.length === 0
      ? []
      : [{ path: '', name: 'training', description: 'Losses, batches and passes.', settings: others, groups: [] }]),
    ...found.groups,
  ];
  const { settings, onChange } = props;
  return (
    <div class="stack">
      <div class="row">
        <input
          class="settings-search"
          type="search"
          aria-label="Search settings"
          placeholder={`Search ${sizeOf(form)} settings`}
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        {settings.length > 0 && (
          <Button icon="reset" look="quiet" onClick={() => onChange([])}>
            Reset all {count(settings.length)}
          </Button>
        )}
      </div>
      {sizeOf(found) === 0 && <Empty title="No setting is like that" />}
      <Fields {...props} fields={firstSettings.flatMap((path) => found.settings.filter((one) => one.path === path))} />
      <div>
        {groups.map((group) => (
          <Group key={group.name} {...props} group={group} isSearched={search.trim() !== ''} />
        ))}
      </div>
    </div>
  );
}

function Group({
  group,
  isSearched,
  ...props
}: FormProps & { readonly group: SettingGroup; readonly isSearched: boolean }) {
  const { path, name, description, settings, groups } = group;
  const changes =
    path === ''
      ? settings.filter((setting) => settingOf(props.settings, setting.path) !== undefined).length
      : changesBelow(props.settings, path);
  const hasProblem = [...props.problems.keys()].some((named) =>
    path === '' ? settings.some((setting) => setting.path === named) : named.startsWith(`${path}.`),
  );
  return (
    <details class="settings-group" open={isSearched || hasProblem || undefined}>
      <summary>
        <span class="settings-name">{titleOf(name)}</span>
        {changes > 0 && <span class="settings-changes">{changes} changed</span>}
        <span class="soft small">{description}</span>
      </summary>
      <div class="settings-inner">
        <Fields {...props} fields={settings} />
        {groups.map((inner) => (
          <Group key={inner.name} {...props} group={inner} isSearched={isSearched} />
        ))}
      </div>
    </details>
  );
}

function Fields({ fields, settings, problems, onChange }: FormProps & { readonly fields: readonly Setting[] }) {
  if (fields.length === 0) return null;
  return (
    <div class="settings-fields">
      {fields.map((setting) => (
        <SettingField
          key={setting.path}
          setting={setting}
          changed={settingOf(settings, setting.path)}
          error={problems.get(setting.path)}
          onChange={(value) => onChange(withSetting(settings, setting.path, value, setting.initial))}
        />
      ))}
    </div>
  );
}
