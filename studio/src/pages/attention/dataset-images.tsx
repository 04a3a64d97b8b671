import { useState } from 'preact/hooks';
import { IconButton } from '../../components/button.tsx';
import { NumberField, Select } from '../../components/field.tsx';
import { ErrorPanel, Loading } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { useCompute } from '../../use-request.ts';
import { view } from './view.ts';

const perPage = 12;

/** An image that the run trains on: by its number, or one of those of a class. */
export function DatasetImages({ run, classNames }: { readonly run: string; readonly classNames: readonly string[] }) {
  const [label, setLabel] = useState('');
  const [from, setFrom] = useState(0);
  const { result, problem, progress, again } = useCompute('datasetImages', {
    source: { of: 'run', run },
    ...(label !== '' && { class: Number(label) }),
    from,
    count: perPage,
  });
  const total = result?.total ?? 0;
  return (
    <>
      <div class="attention-fields">
        <NumberField
          label="Image number"
          isInteger
          min={0}
          value={view.image.value}
          onInput={(value) => view.image.set(value, 'replace')}
        />
        {classNames.length > 0 && (
          <Select
            label="Show images of"
            value={label}
            options={[
              { value: '', label: 'all classes' },
              ...classNames.map((name, i) => ({ value: String(i), label: name })),
            ]}
            onInput={(value) => {
              setLabel(value);
              setFrom(0);
            }}
          />
        )}
      </div>
      {problem !== undefined ? (
        <ErrorPanel title="The dataset cannot be shown" problem={problem} onRetry={again} />
      ) : result === undefined ? (
        <Loading what="Opening the dataset" progress={progress} />
      ) : (
        <>
          <div class="attention-dataset">
            {result.images.map(({ index, picture, label: of }) => (
              <button
                key={index}
                type="button"
                aria-pressed={index === view.image.value}
                onClick={() => view.image.set(index)}
              >
                <img
                  src={picture}
                  alt={`Number ${index}${classNames[of] === undefined ? '' : `, ${classNames[of]}`}`}
                />
              </button>
            ))}
          </div>
          <div class="row tips-left">
            <span class="small soft numbers">
              {total === 0 ? 'none' : `${count(from + 1)} – ${count(from + result.images.length)} of ${count(total)}`}
            </span>
            <span class="row-end row">
              <IconButton
                icon="left"
                label="Images before"
                isDisabled={from === 0}
                onClick={() => setFrom(Math.max(0, from - perPage))}
              />
              <IconButton
                icon="right"
                label="Images after"
                isDisabled={from + perPage >= total}
                onClick={() => setFrom(from + perPage)}
              />
            </span>
          </div>
        </>
      )}
    </>
  );
}
