/** Which image of which checkpoint is looked at. */
import type { RunDetail } from '../../../../src/server/api.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { CheckpointSelect } from '../../components/checkpoint-select.tsx';
import { NumberField, Select, Slider } from '../../components/field.tsx';
import { latentCodec, type Point } from '../../points.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { DatasetImages } from './dataset-images.tsx';
import type { Model } from './use-attention.ts';
import { view } from './view.ts';

const seeds = 100_000;

export function SubjectPanel({
  run,
  detail,
  model,
}: {
  readonly run: string;
  readonly detail: RunDetail;
  readonly model: Model;
}) {
  const isDataset = view.network.value === 'D' && view.kind.value === 'dataset';
  return (
    <section class="panel stack" aria-labelledby="attention-subject">
      <h2 id="attention-subject">Image</h2>
      <div class="attention-fields">
        <CheckpointSelect
          detail={detail}
          value={view.checkpoint.value}
          onInput={(checkpoint) => view.checkpoint.set(checkpoint)}
        />
        {view.network.value === 'D' && (
          <Select
            label="It looks at"
            value={view.kind.value}
            options={[
              { value: 'generated', label: 'Generated images' },
              { value: 'dataset', label: 'The dataset' },
            ]}
            onInput={(kind) => view.kind.set(kind)}
          />
        )}
      </div>
      {isDataset ? (
        <DatasetImages run={run} classNames={model.images.classNames} />
      ) : view.point.value === undefined ? (
        <Generated model={model} />
      ) : (
        <Explored point={view.point.value} />
      )}
    </section>
  );
}

function Generated({ model: { seed, images } }: { readonly model: Model }) {
  const random = () => {
    view.seed.set(Math.floor(Math.random() * seeds));
    view.index.reset();
  };
  useShortcuts('Attention: the image', [
    { keys: 'r', does: 'Another image, by chance', run: random },
    { keys: '[', does: 'The latent before', run: () => view.index.set(Math.max(0, view.index.value - 1)) },
    { keys: ']', does: 'The next latent', run: () => view.index.set(view.index.value + 1) },
  ]);
  const names = images.classNames.map((name, label) => ({ value: String(label), label: name }));
  const other = view.other.value;
  return (
    <>
      <div class="attention-seeds">
        <NumberField
          label="Seed"
          isInteger
          min={0}
          value={view.seed.value ?? seed}
          initial={seed}
          onInput={(value) => view.seed.set(value === seed ? undefined : value, 'replace')}
        />
        <NumberField
          label="Latent"
          isInteger
          min={0}
          value={view.index.value}
          onInput={(value) => view.index.set(value, 'replace')}
        />
        <span class="row tips-left">
          <IconButton
            icon="left"
            label="The latent before"
            keys="["
            look="plain"
            isDisabled={view.index.value === 0}
            onClick={() => view.index.set(view.index.value - 1)}
          />
          <IconButton
            icon="right"
            label="The next latent"
            keys="]"
            look="plain"
            onClick={() => view.index.set(view.index.value + 1)}
          />
          <IconButton icon="shuffle" label="By chance" keys="r" look="plain" onClick={random} />
        </span>
      </div>
      {images.classes > 0 && (
        <div class="attention-fields">
          <Select
            label="Class"
            value={String(view.label.value)}
            options={names}
            onInput={(value) => view.label.set(Number(value))}
          />
          <Select
            label="Mixed with"
            value={String(other ?? '')}
            options={[{ value: '', label: 'no other' }, ...names]}
            onInput={(value) => view.other.set(value === '' ? undefined : Number(value))}
          />
        </div>
      )}
      {images.classes > 0 && other !== undefined && (
        <Slider
          label={`Share of ${images.classNames[other] ?? other}`}
          min={0}
          max={1}
          step={0.05}
          value={view.share.value}
          format={(value) => `${Math.round(100 * value)} %`}
          onInput={(value) => view.share.set(value, 'replace')}
          {...(view.network.value === 'D' && { hint: 'The discriminator takes it for one of the heavier class' })}
        />
      )}
    </>
  );
}

/** A point that was found on the explore page. */
function Explored({ point }: { readonly point: Point }) {
  return (
    <>
      <p class="attention-explored">
        From the explore page: <code>{latentCodec.format(point.latent)}</code>
      </p>
      <div>
        <Button icon="reset" onClick={() => view.point.reset()}>
          Choose by seed
        </Button>
      </div>
    </>
  );
}
