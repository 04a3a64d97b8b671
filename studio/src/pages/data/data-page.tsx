import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Empty, ErrorPanel, Loading } from '../../components/states.tsx';
import { currentLink } from '../../router.ts';
import { runs } from '../../stream.ts';
import { useCompute } from '../../use-request.ts';
import { CloseLook } from './close-look.tsx';
import './data-page.css';
import { Duplicates } from './duplicates.tsx';
import { BadFiles, Classes, Sizes, Summary, Warnings } from './facts.tsx';
import { Preview } from './preview.tsx';
import { choose, chosenClass, image, imagesAPage, initialResolution, page, type Source, source } from './source.ts';
import { SourceForm } from './source-form.tsx';

/** What the loader sees of a dataset. */
export function DataPage() {
  const chosen = source.value;
  const { result, isBusy, progress, problem, again } = useCompute('dataset', chosen && { source: chosen });
  return (
    <div class="stack">
      <div class="page-head">
        <h1>Data</h1>
        <span class="soft">What training sees of a dataset</span>
        <span class="row-end">
          <CopyButton label="Copy link" text={currentLink} />
        </span>
      </div>
      <SourceForm isBusy={isBusy} />
      {chosen === undefined ? (
        <Nothing />
      ) : problem !== undefined ? (
        <ErrorPanel title="This dataset cannot be used" problem={problem} onRetry={again} />
      ) : isBusy || result === undefined ? (
        <Loading what="Reading the dataset" progress={progress} />
      ) : (
        <Seen source={chosen} dataset={result} />
      )}
    </div>
  );
}

function Nothing() {
  const newest = runs.value?.find(({ state, dataset }) => state !== 'damaged' && dataset !== undefined);
  const open = (name: string) => choose({ name, resolution: initialResolution, channels: '' });
  return (
    <Empty title="Choose what to look at">
      <p class="soft">
        The images of a run, a dataset by its name, or a folder of pictures of yours: how many there are, of which
        classes and sizes, what is cut off, what cannot be read, and what is there twice.
      </p>
      <p class="row">
        {newest !== undefined && <Button onClick={() => choose({ run: newest.run })}>Images of {newest.run}</Button>}
        <Button onClick={() => open('mnist')}>mnist</Button>
        <Button onClick={() => open('matching-pairs')}>matching-pairs</Button>
      </p>
    </Empty>
  );
}

function Seen({ source: of, dataset }: { readonly source: Source; readonly dataset: TaskResult<'dataset'> }) {
  const label = chosenClass.value;
  const images = useCompute('datasetImages', {
    source: of,
    from: (page.value - 1) * imagesAPage,
    count: imagesAPage,
    ...(label >= 0 && { class: label }),
  });
  const index = image.value >= 0 ? image.value : images.isBusy ? undefined : images.result?.images[0]?.index;
  const look = useCompute('datasetOriginal', index === undefined ? undefined : { source: of, index });
  // What is looked at comes first; the search goes on where it was when it is asked for again.
  const isWaiting = images.isBusy || look.isBusy;
  const duplicates = useCompute('datasetDuplicates', isWaiting ? undefined : { source: of });
  return (
    <>
      <Summary of={dataset} />
      <Warnings of={dataset} duplicates={duplicates.result?.warnings ?? []} />
      <div class="data-columns">
        <Preview classes={dataset.classes} asked={images} chosen={index} />
        <CloseLook asked={look} hasOriginals={dataset.hasOriginals} />
      </div>
      <div class="data-facts">
        {dataset.classes.length > 0 && <Classes of={dataset} />}
        <Sizes of={dataset} />
        <Duplicates asked={duplicates} classes={dataset.classes} isWaiting={isWaiting} />
        {dataset.badFileCount > 0 && <BadFiles of={dataset} />}
      </div>
    </>
  );
}
