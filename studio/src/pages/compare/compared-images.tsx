import type { TaskRequest } from '../../../../src/compute/tasks/index.ts';
import { Button } from '../../components/button.tsx';
import { NumberField, Select } from '../../components/field.tsx';
import { PixelImage } from '../../components/pixel-image.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { flag, oneOf, wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { useCompute } from '../../use-request.ts';
import { type ComparedRun, namedClasses } from './compared-runs.ts';
import { Swatch } from './swatch.tsx';

const checkpoints = ['newest', 'best'] as const;
const everyClass = -1;
const perRun = 8;

const isAsked = queryState('images', flag, false);
const seed = queryState('seed', wholeNumber(0), 0);
const chosenClass = queryState('class', wholeNumber(everyClass), everyClass);
const checkpoint = queryState('checkpoint', oneOf(checkpoints), 'newest');

/** New images of all runs, made of the same latents and classes. */
export function ComparedImages({ runs }: { readonly runs: readonly ComparedRun[] }) {
  const classNames = namedClasses(runs.map(({ detail }) => detail.config));
  if (!isAsked.value)
    return (
      <section class="panel stack">
        <h2>Images of the same latents</h2>
        <p class="soft">
          Every run makes images of one seed, with its averaged generator at its newest or best checkpoint.
        </p>
        <div>
          <Button onClick={() => isAsked.set(true)}>Make images</Button>
        </div>
      </section>
    );
  const classOptions = [
    { value: String(everyClass), label: 'One after the other' },
    ...classNames.map((name, index) => ({ value: String(index), label: name })),
  ];
  const points = Array.from({ length: perRun }, (_, index) => ({
    latent: { seed: seed.value, x: index },
    classes: chosenClass.value === everyClass ? index % Math.max(1, classNames.length) : chosenClass.value,
  }));
  return (
    <section class="panel stack">
      <h2>Images of the same latents</h2>
      <div class="compare-controls">
        <NumberField
          label="Seed"
          isInteger
          min={0}
          value={seed.value}
          initial={0}
          onInput={(value) => seed.set(value, 'replace')}
        />
        {classNames.length > 0 && (
          <Select
            label="Class"
            value={String(chosenClass.value)}
            options={classOptions}
            onInput={(value) => chosenClass.set(Number(value))}
          />
        )}
        <Select
          label="Checkpoint"
          value={checkpoint.value}
          options={[
            { value: 'newest', label: 'Newest' },
            { value: 'best', label: 'Best' },
          ]}
          onInput={(value) => checkpoint.set(value)}
        />
      </div>
      {runs.map((run) => (
        <ImagesOfRun
          key={run.detail.run}
          run={run}
          request={{ place: { run: run.detail.run, checkpoint: checkpoint.value }, points }}
        />
      ))}
    </section>
  );
}

function ImagesOfRun({
  run: {
    detail: { run },
    colour,
  },
  request,
}: {
  readonly run: ComparedRun;
  readonly request: TaskRequest<'images'>;
}) {
  const { result, problem, isBusy, progress, again } = useCompute('images', request);
  return (
    <article class="compare-images">
      <h3>
        <Swatch colour={colour} /> {run}{' '}
        {result !== undefined && <span class="soft small numbers">step {count(result.step)}</span>}
      </h3>
      {problem !== undefined ? (
        <ErrorPanel title="No images of this run" problem={problem} onRetry={again} />
      ) : result === undefined ? (
        <Loading what="Making images" progress={progress} />
      ) : (
        <ul class="compare-strip" aria-busy={isBusy}>
          {result.pictures.map((picture, index) => (
            <li key={String(index)}>
              <PixelImage src={picture} alt={`Latent ${index} of ${run}`} maxScale={4} />
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}
