/** ψ, and what it costs in variety. */

import { Select, Slider } from '../../components/field.tsx';
import { Bar, ErrorPanel } from '../../components/states.tsx';
import { useCompute } from '../../use-request.ts';
import { type Explorer, useRest } from './explorer.ts';
import { measuredAt, type Narrowing, narrowed, narrowingWords, placeOf, places, shareAt } from './truncation.ts';
import { view } from './view.ts';

const imagesCompared = 32;

export function TruncationField({ explorer }: { readonly explorer: Explorer }) {
  const { model, point } = explorer;
  const { truncation, scale } = point.latent;
  const kind: Narrowing =
    truncation !== undefined ? 'truncation' : scale !== undefined ? 'scale' : view.narrowing.value;
  const psi = truncation ?? scale;
  const isForbidden = kind === 'truncation' && model.latents === 'uniform';
  const change = (to: Narrowing, value: number | undefined) =>
    view.latent.set(narrowed(point.latent, to, value), 'replace');
  return (
    <div class="stack explore-psi">
      <div class="explore-pair">
        <Select
          label="Truncation"
          value={kind}
          options={[
            { value: 'truncation', label: 'Draw large ones again' },
            { value: 'scale', label: 'Multiply all' },
          ]}
          onInput={(to) => {
            view.narrowing.set(to, 'replace');
            change(to, undefined);
          }}
        />
        <Slider
          label="ψ"
          value={placeOf(kind, psi)}
          initial={0}
          min={0}
          max={places[kind].length - 1}
          step={1}
          isDisabled={isForbidden}
          format={(place) => String(places[kind][place] ?? 'none')}
          onInput={(place) => change(kind, places[kind][place])}
        />
      </div>
      <p class="small soft">
        {isForbidden
          ? 'The latents of this model are uniform on −1 … 1: they have no tails to cut. “Multiply all” works.'
          : narrowingWords(kind, psi)}
      </p>
      {psi !== undefined && !isForbidden && <DiversityHint explorer={explorer} kind={kind} psi={psi} />}
    </div>
  );
}

function DiversityHint({
  explorer,
  kind,
  psi,
}: {
  readonly explorer: Explorer;
  readonly kind: Narrowing;
  readonly psi: number;
}) {
  const request = useRest(explorer, {
    place: explorer.place,
    kind,
    values: [...measuredAt[kind]],
    count: imagesCompared,
  });
  const { result, problem, progress, again } = useCompute('diversity', request);
  if (problem !== undefined)
    return <ErrorPanel title="Variety could not be measured" problem={problem} onRetry={again} />;
  const share = result && request?.kind === kind ? shareAt(kind, result.measured, psi) : undefined;
  if (share === undefined) {
    const done = progress === undefined ? '' : `: ${progress.done} of ${progress.total}`;
    return <p class="small soft">Comparing images{done} …</p>;
  }
  const percent = Math.round(100 * share);
  return (
    <div class="explore-diversity">
      <Bar value={Math.min(1, share)} label="Variety that is left" />
      <p class="small" role="status">
        Images differ about {percent} % as much as without truncation.
      </p>
    </div>
  );
}
