/** The training images that are most like the picture: whether the generator copies. */
import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { Select } from '../../components/field.tsx';
import { PixelImage } from '../../components/pixel-image.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { count, short } from '../../format.ts';
import { useCompute } from '../../use-request.ts';
import { type Explorer, useRest } from './explorer.ts';
import { copyWords, unitWords } from './neighbour-words.ts';
import { view } from './view.ts';

const neighbourCount = 7;

export function NeighboursPanel({ explorer }: { readonly explorer: Explorer }) {
  const { run, place, point } = explorer;
  const by = view.by.value;
  // A search through a whole dataset is worth a longer rest.
  const request = useRest(explorer, { place, point, count: neighbourCount, by }, 500);
  const { result, isBusy, problem, progress, again } = useCompute('neighbours', request);
  return (
    <div class="stack">
      <p class="soft small">
        If these look like copies, the generator has memorised. Look at shapes and details, not at what is depicted.
      </p>
      {result?.canCompareFeatures !== false && (
        <Select
          label="Alike by"
          value={by}
          options={[
            { value: 'pixels', label: 'pixels' },
            { value: 'features', label: 'features of a classifier' },
          ]}
          onInput={(next) => view.by.set(next)}
        />
      )}
      {problem !== undefined ? (
        <ErrorPanel title="The training images could not be searched" problem={problem} onRetry={again} />
      ) : result === undefined || (isBusy && progress !== undefined) ? (
        <Loading what="Searching the training images" progress={progress} />
      ) : (
        <Found run={run} result={result} isOld={isBusy || request === undefined} />
      )}
    </div>
  );
}

function Found({
  run,
  result,
  isOld,
}: {
  readonly run: string;
  readonly result: TaskResult<'neighbours'>;
  /** The point has moved on. */
  readonly isOld: boolean;
}) {
  const { picture, neighbours, compared, by, distanceBetweenReal } = result;
  const [nearest] = neighbours;
  return (
    <div class="stack" aria-busy={isOld}>
      {nearest !== undefined && <p>{copyWords(nearest.distance, distanceBetweenReal)}</p>}
      <ul class={isOld ? 'explore-neighbours old' : 'explore-neighbours'}>
        <li>
          <PixelImage src={picture} alt="The generated picture" maxScale={4} />
          <span class="small">Generated</span>
        </li>
        {neighbours.map((neighbour) => (
          <li key={neighbour.index}>
            <a href={`/data?run=${encodeURIComponent(run)}&image=${neighbour.index}`}>
              <PixelImage src={neighbour.picture} alt={`Training image ${neighbour.index}`} maxScale={4} />
              <span class="small numbers">{short(neighbour.distance)}</span>
            </a>
            <span class="small soft">
              {neighbour.className !== undefined && `${neighbour.className}, `}#{neighbour.index}
              {neighbour.isMirrored && ', mirrored'}
            </span>
          </li>
        ))}
      </ul>
      <p class="small soft">
        Of {count(compared)} training images. {unitWords(by)}
      </p>
    </div>
  );
}
