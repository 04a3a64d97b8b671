import { useState } from 'preact/hooks';
import { Button } from '../../components/button.tsx';
import { NumberField, Select, TextField } from '../../components/field.tsx';
import { runs } from '../../stream.ts';
import { channels, choose, initialResolution, looks, name, resolution, run, source } from './source.ts';

const known = ['mnist', 'cifar10', 'cifar100', 'matching-pairs'];

/** Whose images are shown: a run's, or those of any dataset or folder. */
export function SourceForm({ isBusy }: { readonly isBusy: boolean }) {
  const names = runs.value?.filter(({ state }) => state !== 'damaged').map((summary) => summary.run) ?? [];
  const options = run.value === '' || names.includes(run.value) ? names : [run.value, ...names];
  return (
    <section class="panel data-source">
      <Select
        label="Images of"
        hint="A run’s are read with its own settings"
        value={run.value}
        options={[
          { value: '', label: 'A dataset or folder' },
          ...options.map((value) => ({ value, label: `Run ${value}` })),
        ]}
        onInput={(chosen) =>
          choose(chosen === '' ? { name: '', resolution: initialResolution, channels: '' } : { run: chosen })
        }
      />
      {run.value === '' && (
        <NameForm key={`${name.value} ${resolution.value} ${channels.value}`} known={datasetsOf()} isBusy={isBusy} />
      )}
      {source.value !== undefined && (
        <div class="data-again">
          <Button
            icon="reset"
            isBusy={isBusy}
            onClick={() => {
              looks.value += 1;
            }}
          >
            Look again
          </Button>
        </div>
      )}
    </section>
  );
}

/** Names that come with Sagan, and those that the runs were trained on. */
function datasetsOf(): string[] {
  const used = runs.value?.flatMap(({ dataset }) => (dataset === undefined ? [] : [dataset])) ?? [];
  return [...new Set([...known, ...used])];
}

function NameForm({ known: suggestions, isBusy }: { readonly known: readonly string[]; readonly isBusy: boolean }) {
  const [typed, setTyped] = useState(name.value);
  const [side, setSide] = useState(resolution.value);
  const [planes, setPlanes] = useState(channels.value);
  return (
    <form
      class="data-name"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== '') choose({ name: typed.trim(), resolution: side, channels: planes });
      }}
    >
      <TextField
        label="Dataset or folder"
        hint="What --data takes: a name, NAME:FOLDER, or a folder"
        placeholder="photos/"
        value={typed}
        suggestions={suggestions}
        onInput={setTyped}
      />
      <NumberField
        label="Resolution"
        hint="Pixels a side"
        value={side}
        min={1}
        max={1024}
        isInteger
        onInput={setSide}
      />
      <Select
        label="Channels"
        value={planes}
        options={[
          { value: '', label: 'As the images' },
          { value: '1', label: '1, grey' },
          { value: '3', label: '3, RGB' },
        ]}
        onInput={setPlanes}
      />
      <div class="data-again">
        <Button type="submit" look="primary" isDisabled={typed.trim() === ''} isBusy={isBusy}>
          Look at it
        </Button>
      </div>
    </form>
  );
}
