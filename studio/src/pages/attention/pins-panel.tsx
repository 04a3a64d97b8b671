import { Button, IconButton } from '../../components/button.tsx';
import { Select, Slider } from '../../components/field.tsx';
import { useShortcuts } from '../../use-shortcuts.ts';
import { type Direction, type Pin, pinColours } from './pins.ts';
import { type Seen, shownOf } from './use-attention.ts';
import { originChoices, pointed, readCell, view } from './view.ts';
import { pinWords, readingWords } from './words.ts';

const originWords = { peaks: 'Where arrows end', all: 'Everywhere', none: 'Not at all' } as const;

/** What is asked, how it is drawn, and the pixels that are pinned. */
export function PinsPanel({ seen }: { readonly seen: Seen }) {
  const shown = shownOf(seen);
  const ask = (direction: Direction) => {
    view.direction.set(direction, 'replace');
    if (shown !== undefined) pointed.value = { ...shown.current, direction };
  };
  const direction = view.direction.value;
  const clear = () => {
    pointed.value = undefined;
    view.chosen.reset('replace');
    view.pins.reset();
  };
  const toggleReading = () => {
    pointed.value = undefined;
    readCell.value = undefined;
    view.reads.set(!view.reads.value, 'replace');
  };
  useShortcuts('Attention: pins', [
    {
      keys: 'd',
      does: 'Turn the question round',
      run: () => ask(direction === 'looksAt' ? 'lookedAtBy' : 'looksAt'),
    },
    { keys: 'v', does: 'Read values, or preview pixels', run: toggleReading },
    { keys: 'x', does: 'Remove all pins', run: clear },
  ]);
  if (shown === undefined) return null;
  const { pins, pinReadings, chosen, block } = shown;
  return (
    <section class="panel stack" aria-labelledby="attention-pins">
      <h2 id="attention-pins">Pixels</h2>
      <fieldset class="attention-choice">
        <legend>Ask of a pixel</legend>
        <Button isPressed={direction === 'looksAt'} onClick={() => ask('looksAt')}>
          What does it look at?
        </Button>
        <Button isPressed={direction === 'lookedAtBy'} onClick={() => ask('lookedAtBy')}>
          Who looks at it?
        </Button>
      </fieldset>
      {pins.length === 0 ? (
        <p class="soft">Click the picture to pin a pixel. Each pin has a colour, and arrows to where it looks most.</p>
      ) : (
        <>
          <ol class="attention-pins">
            {pins.map((pin, i) => (
              <li key={`${pin.x} ${pin.y} ${pin.direction}`} class="tips-left">
                <button
                  type="button"
                  class="attention-pin"
                  aria-pressed={i === chosen}
                  onClick={() => {
                    pointed.value = undefined;
                    view.chosen.set(i, 'replace');
                  }}
                >
                  <span class="attention-dot" style={{ background: pinColours[i] }} />
                  <span>
                    <strong>{pinWords(pin)}</strong>
                    <span class="small soft">{pinReadings[i] === undefined ? '' : readingWords(pinReadings[i])}</span>
                  </span>
                </button>
                <IconButton icon="close" label={`Remove “${pinWords(pin)}”`} onClick={() => remove(pins, i)} />
              </li>
            ))}
          </ol>
          <div class="row">
            <Button icon="trash" onClick={clear}>
              Remove all
            </Button>
            <Button isPressed={view.reads.value} onClick={toggleReading}>
              Read values
            </Button>
          </div>
          {view.reads.value && (
            <p class="small soft">
              The pointer now reads the map of the chosen pin, cell by cell, and asks nothing new.
            </p>
          )}
        </>
      )}
      <Slider
        label="Strength of the map"
        min={0}
        max={1}
        step={0.05}
        value={view.opacity.value}
        initial={0.85}
        format={(value) => `${Math.round(100 * value)} %`}
        onInput={(value) => view.opacity.set(value, 'replace')}
      />
      {block.keyOrigins !== undefined && (
        <Select
          label="Where pooled keys come from"
          hint="A key is the maximum of a cell of positions. White discs: which of them gave it, the larger the more channels"
          value={view.origins.value}
          options={originChoices.map((value) => ({ value, label: originWords[value] }))}
          onInput={(value) => view.origins.set(value, 'replace')}
        />
      )}
    </section>
  );
}

function remove(pins: readonly Pin[], index: number): void {
  pointed.value = undefined;
  view.chosen.reset('replace');
  view.pins.set(pins.filter((_, i) => i !== index));
}
