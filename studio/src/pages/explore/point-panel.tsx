/** Seed, position, checkpoint, classes and ψ. */
import type { RunDetail } from '../../../../src/server/api.ts';
import { IconButton } from '../../components/button.tsx';
import { CheckpointSelect } from '../../components/checkpoint-select.tsx';
import { NumberField } from '../../components/field.tsx';
import { furthest, type Latent } from '../../points.ts';
import { ClassFields } from './class-fields.tsx';
import { changeLatent, type Explorer } from './explorer.ts';
import { drawnAt, nearestCorner } from './lattice.ts';
import { TruncationField } from './truncation-field.tsx';
import { view } from './view.ts';

const seeds = 100_000;

/** Goes to a seed that nobody has chosen. */
export function goToRandomSeed(explorer: Explorer): void {
  changeLatent(explorer.model, { seed: Math.floor(Math.random() * seeds), x: 0, y: 0 });
}

export function PointPanel({ explorer, detail }: { readonly explorer: Explorer; readonly detail: RunDetail }) {
  const { model, point } = explorer;
  const { latent } = point;
  const change = (to: Partial<Latent>) => changeLatent(model, to, 'replace');
  return (
    <div class="stack">
      <div class="explore-position">
        <div class="explore-seed">
          <NumberField
            label="Seed"
            value={latent.seed}
            initial={model.seed}
            min={0}
            isInteger
            onInput={(seed) => change({ seed })}
          />
          <IconButton
            icon="left"
            label="The seed before"
            isDisabled={latent.seed === 0}
            onClick={() => change({ seed: latent.seed - 1 })}
          />
          <IconButton icon="right" label="The next seed" onClick={() => change({ seed: latent.seed + 1 })} />
          <IconButton icon="shuffle" label="A random seed" keys="r" onClick={() => goToRandomSeed(explorer)} />
        </div>
        <NumberField
          label="x"
          value={latent.x}
          min={-furthest}
          max={furthest}
          step={0.05}
          onInput={(x) => change({ x })}
        />
        <NumberField
          label="y"
          value={latent.y}
          min={-furthest}
          max={furthest}
          step={0.05}
          onInput={(y) => change({ y })}
        />
      </div>
      <p class="small soft">{placeWords(latent)}</p>
      <div class="explore-checkpoint">
        <CheckpointSelect
          detail={detail}
          value={view.checkpoint.value}
          onInput={(checkpoint) => view.checkpoint.set(checkpoint)}
        />
      </div>
      <ClassFields explorer={explorer} />
      <TruncationField explorer={explorer} />
    </div>
  );
}

function placeWords(latent: Latent): string {
  const corner = nearestCorner(latent);
  if (corner.x !== latent.x || corner.y !== latent.y)
    return 'Between the latents of four corners, blended and kept as long as they are.';
  const { seed, index } = drawnAt(latent.seed, corner);
  return `Latent ${index} of seed ${seed}, as sagan sample draws it.`;
}
