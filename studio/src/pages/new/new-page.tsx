import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { PresetSummary, Studio } from '../../../../src/server/api.ts';
import { api, problemOf } from '../../api.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Select, TextField } from '../../components/field.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { list, text } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { currentLink, navigate } from '../../router.ts';
import { runPath } from '../../routes.ts';
import { runs } from '../../stream.ts';
import { useStudio } from '../../studio-info.ts';
import './new-page.css';
import { commandOf, nameProblem, problemsByPath, suggestName } from './new-run.ts';
import { formOf, memberOf, type SettingGroup } from './schema-form.ts';
import { SettingsForm } from './settings-form.tsx';
import { settingOf } from './settings-list.ts';

const chosenPreset = queryState('preset', text, '');
const chosenData = queryState('data', text, '');
const chosenName = queryState('name', text, '');
const chosenSettings = queryState('set', list(text), []);

/** Begins a run: its data, its model and settings, its name. */
export function NewPage() {
  const { result, problem, again } = useStudio();
  const preset = result?.presets.find(({ name }) => name === chosenPreset.value) ?? result?.presets[0];
  return (
    <div class="stack">
      <div class="page-head">
        <h1>New run</h1>
        <span class="row-end">
          <CopyButton label="Copy link" text={currentLink} />
        </span>
      </div>
      {result === undefined ? (
        problem === undefined ? (
          <Loading what="Reading presets and settings" />
        ) : (
          <ErrorPanel title="Presets and settings cannot be read" problem={problem} onRetry={again} />
        )
      ) : preset === undefined ? (
        <Empty title="This version has no presets" />
      ) : (
        <NewRunForm studio={result} preset={preset} />
      )}
    </div>
  );
}

function NewRunForm({ studio, preset }: { readonly studio: Studio; readonly preset: PresetSummary }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const taken = new Set(runs.value?.map(({ run }) => run));
  const form = formOf(studio.configSchema, preset.config);
  const ownSource = sourceOf(preset);
  const data = chosenData.value === '' ? ownSource : chosenData.value;
  const name = chosenName.value === '' ? suggestName(preset.name, taken) : chosenName.value;
  // While it begins, the name is taken by this very run.
  const wrongName = isBusy ? undefined : nameProblem(name, taken);
  const settings = chosenSettings.value;
  const newRun = {
    run: name,
    preset: preset.name,
    data: data === ownSource ? undefined : data,
    settings,
  };
  const start = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.start(newRun);
      navigate(runPath(name));
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  const command = commandOf(newRun, studio.runsFolder);
  return (
    <form
      class="new-columns"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (wrongName === undefined && data !== '') void start();
      }}
    >
      <Column number={1} title="Data">
        <DataFields studio={studio} data={data} initial={ownSource} />
      </Column>
      <Column number={2} title="Model and settings">
        <PresetField studio={studio} preset={preset} />
        <SettingsForm
          key={preset.name}
          form={form}
          settings={settings}
          problems={problem === undefined ? new Map() : problemsByPath(problem, pathsOf(form))}
          onChange={(changed) => chosenSettings.set(changed, 'replace')}
        />
      </Column>
      <Column number={3} title="Start">
        <TextField
          label="Name"
          hint={`Its folder in ${studio.runsFolder}`}
          value={name}
          error={wrongName}
          onInput={(typed) => chosenName.set(typed, 'replace')}
        />
        <Plan preset={preset} data={data} />
        {problem !== undefined && <ErrorPanel title="The run could not begin" problem={problem} />}
        <Button
          type="submit"
          look="primary"
          icon="play"
          isBusy={isBusy}
          isDisabled={wrongName !== undefined || data === ''}
        >
          {data === '' ? 'Name a dataset first' : 'Start training'}
        </Button>
        <section class="stack new-command">
          <h3>The same from the command line</h3>
          <pre class="panel">
            <code>
              {command.split(/ (?=--)/).map((part) => (
                <>
                  <span class="new-option">{part}</span>{' '}
                </>
              ))}
            </code>
          </pre>
          <div>
            <CopyButton label="Copy command" text={() => command} />
          </div>
        </section>
      </Column>
    </form>
  );
}

function Column({
  number,
  title,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="panel stack new-column">
      <h2>
        <span class="new-number">{number}</span> {title}
      </h2>
      {children}
    </section>
  );
}

function DataFields({
  studio,
  data,
  initial,
}: {
  readonly studio: Studio;
  readonly data: string;
  readonly initial: string;
}) {
  const sources = [...new Set(studio.presets.map(sourceOf))].filter((source) => source !== '');
  return (
    <>
      <TextField
        label="Dataset"
        hint="A name, or a folder of images or IDX files on the machine that the studio runs on."
        value={data}
        initial={initial}
        placeholder="photos/"
        suggestions={sources}
        onInput={(typed) => chosenData.set(typed === initial ? '' : typed, 'replace')}
      />
      <div class="new-sources">
        {sources.map((source) => (
          <Button
            key={source}
            isPressed={source === data}
            onClick={() => chosenData.set(source === initial ? '' : source, 'replace')}
          >
            {source}
          </Button>
        ))}
      </div>
      {data !== '' && (
        <div>
          <LinkButton href={`/data?data=${encodeURIComponent(data)}`} icon="search">
            Look at this data
          </LinkButton>
        </div>
      )}
      <p class="soft small">
        How the images are read (resolution, channels, mirroring, labels) is among the settings, under Data.
      </p>
    </>
  );
}

function PresetField({ studio, preset }: { readonly studio: Studio; readonly preset: PresetSummary }) {
  return (
    <Select
      label="Preset"
      hint={preset.summary.charAt(0).toUpperCase() + preset.summary.slice(1)}
      value={preset.name}
      options={studio.presets.map(({ name }) => name)}
      onInput={(name) => {
        chosenPreset.set(name);
        // Settings are changes to a preset, and mean something else in another.
        chosenSettings.reset('replace');
        chosenName.reset('replace');
      }}
    />
  );
}

/** In a sentence, what will be done. */
function Plan({ preset, data }: { readonly preset: PresetSummary; readonly data: string }) {
  const value = (path: string) =>
    settingOf(chosenSettings.value, path) ??
    path.split('.').reduce<unknown>((inner, key) => memberOf(inner, key), preset.config);
  const steps = Number(value('steps'));
  const batch = Number(value('batch'));
  return (
    <p class="soft">
      Trains {String(value('model.name'))} on {data === '' ? 'a dataset' : data} at {String(value('data.resolution'))} ×{' '}
      {String(value('data.resolution'))} pixels for {count(steps)} steps of {count(batch)} images. The first samples
      come after step 1, then every {count(Number(value('sampleEverySteps')))}. It can be paused, stopped and resumed at
      any time.
    </p>
  );
}

function sourceOf({ config }: PresetSummary): string {
  const source = memberOf(memberOf(config, 'data'), 'source');
  return typeof source === 'string' ? source : '';
}

function pathsOf({ settings, groups }: SettingGroup): readonly string[] {
  return [...settings.map(({ path }) => path), ...groups.flatMap(pathsOf)];
}
