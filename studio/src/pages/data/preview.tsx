import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Select } from '../../components/field.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import type { Asked } from '../../use-request.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { chosenClass, image, imagesAPage, page, showClass, showPage } from './source.ts';

/** Images as training sees them, page by page, of all classes or of one. */
export function Preview({
  classes,
  asked: { result, isBusy, problem, again },
  chosen,
}: {
  readonly classes: TaskResult<'dataset'>['classes'];
  readonly asked: Asked<TaskResult<'datasetImages'>>;
  readonly chosen: number | undefined;
}) {
  const pages = Math.max(1, Math.ceil((result?.total ?? 0) / imagesAPage));
  const turnTo = (number: number) => {
    if (number >= 1 && number <= pages) showPage(number);
  };
  useShortcuts('Data', [
    { keys: '[', does: 'Images before', run: () => turnTo(page.value - 1) },
    { keys: ']', does: 'Images after', run: () => turnTo(page.value + 1) },
  ]);
  return (
    <section class="panel stack data-preview" aria-busy={isBusy}>
      <div class="data-preview-head">
        <h2>As training sees them</h2>
        {classes.length > 0 && (
          <Select
            label="Class"
            value={String(chosenClass.value)}
            options={[
              { value: '-1', label: 'All classes' },
              ...classes.map(({ name }, index) => ({ value: String(index), label: name })),
            ]}
            onInput={(value) => showClass(Number(value))}
          />
        )}
        <div class="row row-end tips-left">
          <span class="soft small numbers" role="status">
            {result === undefined ? '' : rangeOf(result)}
          </span>
          <IconButton
            icon="left"
            label="Images before"
            keys="["
            isDisabled={page.value <= 1}
            onClick={() => turnTo(page.value - 1)}
          />
          <IconButton
            icon="right"
            label="Images after"
            keys="]"
            isDisabled={page.value >= pages}
            onClick={() => turnTo(page.value + 1)}
          />
        </div>
      </div>
      {problem !== undefined ? (
        <ErrorPanel title="The images cannot be shown" problem={problem} onRetry={again} />
      ) : result === undefined ? (
        <Loading what="Drawing images" />
      ) : result.images.length === 0 ? (
        <Empty title="There are no images here">
          <Button onClick={() => showPage(1)}>To the first page</Button>
        </Empty>
      ) : (
        <fieldset class="data-images">
          <legend class="unseen">Images; the chosen one is shown beside its original</legend>
          {result.images.map(({ index, label, path, picture }) => (
            <label key={index} data-tip={path}>
              <input
                type="radio"
                name="image"
                checked={index === chosen}
                onChange={() => image.set(index, 'replace')}
              />
              <img src={picture} alt={nameOf(index, path, classes[label]?.name)} />
            </label>
          ))}
        </fieldset>
      )}
    </section>
  );
}

function nameOf(index: number, path: string | undefined, className: string | undefined): string {
  return `${path ?? `Image ${index}`}${className === undefined ? '' : `, class ${className}`}`;
}

function rangeOf({ total, images }: TaskResult<'datasetImages'>): string {
  const first = (page.value - 1) * imagesAPage;
  return images.length === 0 ? '' : `${count(first + 1)} – ${count(first + images.length)} of ${count(total)}`;
}
