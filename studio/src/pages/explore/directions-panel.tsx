/** Directions found without labels, along which the point is moved. */
import { Button } from '../../components/button.tsx';
import { Slider } from '../../components/field.tsx';
import { Bar, Empty, Loading } from '../../components/states.tsx';
import { short } from '../../format.ts';
import { alongDirection } from '../../points.ts';
import { useCompute } from '../../use-request.ts';
import { changeLatent, type Explorer } from './explorer.ts';
import { view } from './view.ts';

const shownCount = 10;

export function DirectionsPanel({ explorer: { place, model, point } }: { readonly explorer: Explorer }) {
  const { result, problem, progress, again } = useCompute('directions', { place, count: shownCount });
  if (problem !== undefined) {
    return (
      <Empty title="No directions">
        <p class="soft">{problem}</p>
        <Button icon="reset" onClick={again}>
          Try again
        </Button>
      </Empty>
    );
  }
  if (result === undefined) return <Loading what="Looking for directions" progress={progress} />;
  const { latent } = point;
  const amounts = new Map(latent.directions.map(({ direction, amount }) => [direction, amount]));
  const most = result.directions[0]?.share ?? 1;
  // About as far as latents are from the middle.
  const reach = Math.max(3, Math.round(Math.sqrt(result.latentDim)));
  return (
    <div class="stack">
      <div class="row">
        <p class="small soft explore-grow">
          The directions that move the first layer most, found without labels (SeFa), the strongest first. Bars and
          percentages: their eigenvalues, of the sum of all.
        </p>
        <Button
          icon="reset"
          isDisabled={latent.directions.length === 0}
          onClick={() => changeLatent(model, { directions: [] })}
        >
          Reset all
        </Button>
        <Button
          onClick={() => {
            view.grid.set('directions', 'replace');
            view.tab.set('grid');
          }}
        >
          As a grid
        </Button>
      </div>
      <ul class="explore-directions">
        {result.directions.map(({ number, eigenvalue, share }) => (
          <li key={number} title={`Eigenvalue ${short(eigenvalue)}, ${(100 * share).toFixed(1)} % of all`}>
            <Slider
              label={`Direction ${number}, ${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`}
              value={amounts.get(number) ?? 0}
              initial={0}
              min={-reach}
              max={reach}
              step={0.1}
              format={(amount) => amount.toFixed(1).replace('-', '−')}
              onInput={(amount) => view.latent.set(alongDirection(latent, number, amount), 'replace')}
            />
            <Bar
              value={share / most}
              label={`Eigenvalue of direction ${number}: ${(100 * share).toFixed(1)} % of all`}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
