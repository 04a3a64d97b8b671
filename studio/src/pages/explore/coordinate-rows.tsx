/** The coordinates that have a row in the grid, and what they are set to. */
import { useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.tsx';
import { NumberField, Slider } from '../../components/field.tsx';
import { withCoordinate } from '../../points.ts';
import type { Explorer } from './explorer.ts';
import { view } from './view.ts';

const mostCoordinates = 12;

export function CoordinateRows({
  explorer: { model, point },
  reach,
}: {
  readonly explorer: Explorer;
  readonly reach: number;
}) {
  const [typed, setTyped] = useState<number>();
  const shown = view.coordinates.value.filter((coordinate) => coordinate < model.latentDim);
  const free = Array.from({ length: model.latentDim }, (_, i) => i).find((i) => !shown.includes(i)) ?? 0;
  const next = typed ?? free;
  const { latent } = point;
  const values = new Map(latent.coordinates.map(({ coordinate, value }) => [coordinate, value]));
  return (
    <>
      <ul class="explore-coordinates">
        {shown.map((coordinate) => {
          const value = values.get(coordinate);
          return (
            <li key={coordinate}>
              <Slider
                label={`Coordinate ${coordinate}`}
                value={value ?? 0}
                min={-reach}
                max={reach}
                step={0.05}
                format={() => (value === undefined ? 'as drawn' : value.toFixed(2).replace('-', '−'))}
                onInput={(to) => view.latent.set(withCoordinate(latent, coordinate, to), 'replace')}
              />
              <IconButton
                icon="reset"
                label={`Coordinate ${coordinate} as drawn`}
                isDisabled={value === undefined}
                onClick={() => view.latent.set(withCoordinate(latent, coordinate, undefined))}
              />
              <IconButton
                icon="close"
                label={`Take coordinate ${coordinate} out of the grid`}
                onClick={() => view.coordinates.set(shown.filter((other) => other !== coordinate))}
              />
            </li>
          );
        })}
      </ul>
      <form
        class="row explore-add"
        onSubmit={(event) => {
          event.preventDefault();
          if (shown.includes(next)) return;
          view.coordinates.set([...shown, next]);
          setTyped(undefined);
        }}
      >
        <NumberField
          label={`Another coordinate, 0 to ${model.latentDim - 1}`}
          value={next}
          min={0}
          max={model.latentDim - 1}
          isInteger
          onInput={setTyped}
        />
        <Button type="submit" icon="plus" isDisabled={shown.includes(next) || shown.length >= mostCoordinates}>
          Add
        </Button>
      </form>
    </>
  );
}
