/** The large picture, and the pictures of a change beside it. */
import { count } from '../../format.ts';
import { HeatPicture } from './heat-picture.tsx';
import { isSamePin, type Pin, withPin } from './pins.ts';
import { Stage } from './stage.tsx';
import { type Seen, shownOf } from './use-attention.ts';
import { type Pair, shownPicture } from './use-pair.ts';
import { picturesOf, pictureWords, pointed, view } from './view.ts';
import { gammaWarning, signed } from './words.ts';

export function PicturePanel({
  seen,
  pair,
  isBusy,
}: {
  readonly seen: Seen;
  readonly pair: Pair;
  readonly isBusy: boolean;
}) {
  const shown = shownOf(seen);
  if (shown === undefined) return null;
  const { step, className } = seen.result;
  const { name, pixels } = shownPicture(pair);
  const { logit } = shown.observed;
  // What somebody has set needs no warning.
  const isSet = seen.wanted.change.gamma !== undefined && name !== 'learned';
  const warning = isSet ? undefined : gammaWarning(shown.block);
  return (
    <section class="panel stack" aria-labelledby="attention-picture" aria-busy={isBusy}>
      <div class="row">
        <h2 id="attention-picture">{shown.block.name}</h2>
        <span class="soft small numbers">
          step {count(step)}
          {className !== undefined && `, class ${className}`}
          {logit !== undefined && `, D(x) = ${signed(logit, 2)}`}
        </span>
        <span class="row-end attention-busy">{isBusy && <span class="spinner" />}</span>
      </div>
      <div class="attention-beside">
        <Stage shown={shown} pixels={pixels} hasMap={name !== 'difference'} onPin={pin} />
        <ChangedPictures seen={seen} pair={pair} />
      </div>
      {warning !== undefined && <p class="attention-note small">{warning}</p>}
    </section>
  );
}

/** The pictures of a change, to choose the large one from. */
function ChangedPictures({ seen, pair }: { readonly seen: Seen; readonly pair: Pair }) {
  const { learned, changed } = seen.result;
  const { difference } = pair;
  if (changed === undefined || pair.changed === undefined) return null;
  const pictures = { learned: pair.learned, changed: pair.changed, difference };
  const logits = { learned: learned.logit, changed: changed.logit, difference: undefined };
  const chosen = shownPicture(pair).name;
  return (
    <fieldset class="attention-pair">
      <legend class="unseen">Shown large</legend>
      {picturesOf(seen.wanted.network).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === chosen}
          onClick={() => view.picture.set(name, 'replace')}
        >
          <HeatPicture pixels={pictures[name] ?? pair.learned} />
          <span class="small">{pictureWords[name]}</span>
          <span class="small soft numbers">
            {name === 'difference' &&
              difference !== undefined &&
              `at most ${difference.largest}, mean ${difference.mean.toFixed(1)} of 255`}
            {logits[name] !== undefined && `D(x) = ${signed(logits[name], 2)}`}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

function pin(next: Pin): void {
  const pins = withPin(view.pins.value, next);
  pointed.value = undefined;
  view.pins.set(pins);
  view.chosen.set(
    pins.findIndex((other) => isSamePin(other, next)),
    'replace',
  );
}
