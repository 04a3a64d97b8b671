import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import type { Asked } from '../../use-request.ts';
import { image } from './source.ts';

type Group = TaskResult<'datasetDuplicates'>['groups'][number];
type Classes = TaskResult<'dataset'>['classes'];

/** Images that are the same, pixel by pixel, once the loader is done with them. */
export function Duplicates({
  asked: { result, progress, problem, again },
  classes,
  isWaiting,
}: {
  readonly asked: Asked<TaskResult<'datasetDuplicates'>>;
  readonly classes: Classes;
  /** Something else is being read. */
  readonly isWaiting: boolean;
}) {
  return (
    <section class="panel stack">
      <h2>Duplicates</h2>
      {problem !== undefined ? (
        <ErrorPanel title="The images cannot be compared" problem={problem} onRetry={again} />
      ) : result === undefined ? (
        <Loading what={isWaiting ? 'Waiting for the images above' : 'Comparing images'} progress={progress} />
      ) : result.copies === 0 ? (
        <p class="soft">No two images are the same, pixel by pixel.</p>
      ) : (
        <>
          <p class="soft small">
            {count(result.copies)} of the images repeat another, pixel by pixel, once they are cropped and resized.
          </p>
          <ul class="data-scroll data-groups">
            {result.groups.map((group) => (
              <li key={group.images[0]?.index}>
                <Same group={group} classes={classes} />
              </li>
            ))}
          </ul>
          {result.groupCount > result.groups.length && (
            <p class="soft small">and {count(result.groupCount - result.groups.length)} groups more</p>
          )}
        </>
      )}
    </section>
  );
}

function Same({ group: { count: size, images }, classes }: { readonly group: Group; readonly classes: Classes }) {
  const labels = new Set(images.map(({ label }) => label));
  return (
    <>
      <p class="small soft">
        {count(size)} times{labels.size > 1 && <strong class="data-clash"> with different labels</strong>}
      </p>
      <ul>
        {images.map(({ index, label, path }) => (
          <li key={index}>
            <button type="button" class="data-link" onClick={() => image.set(index)}>
              {path ?? `Image ${count(index)}`}
            </button>
            {labels.size > 1 && <span class="soft small">, class {classes[label]?.name ?? label}</span>}
          </li>
        ))}
        {size > images.length && <li class="soft small">and {count(size - images.length)} more</li>}
      </ul>
    </>
  );
}
