import { useRoom } from '../../use-room.ts';
import { chosenAt, evenlyPicked } from './timeline.ts';

const thumbnailWidth = 52;

/** All sheets along a line, some of them as small pictures. The last place follows the newest. */
export function Scrubber({
  sheets,
  addressOf,
  shown,
  onChoose,
}: {
  readonly sheets: readonly number[];
  readonly addressOf: (step: number) => string;
  readonly shown: number;
  readonly onChoose: (step: number | undefined) => void;
}) {
  const { place: strip, room } = useRoom<HTMLDivElement>();
  const picked = evenlyPicked(sheets, Math.max(2, Math.floor(room / thumbnailWidth)));
  // The picture that stands for the sheet that is shown: the last that is not newer.
  const current = picked.findLast((step) => step <= shown);
  return (
    <div class="scrubber">
      <input
        type="range"
        aria-label="Sheet"
        min={0}
        max={Math.max(1, sheets.length - 1)}
        step={1}
        disabled={sheets.length < 2}
        value={sheets.indexOf(shown)}
        aria-valuetext={`step ${shown}`}
        onInput={({ currentTarget }) => onChoose(chosenAt(sheets, currentTarget.valueAsNumber))}
      />
      <div class="thumbnails" ref={strip}>
        {room > 0 &&
          picked.map((step) => (
            <button
              key={step}
              type="button"
              tabIndex={-1}
              class={step === current ? 'current' : ''}
              aria-label={`Step ${step}`}
              title={`Step ${step}`}
              onClick={() => onChoose(chosenAt(sheets, sheets.indexOf(step)))}
            >
              <img src={addressOf(step)} alt="" loading="lazy" decoding="async" draggable={false} />
            </button>
          ))}
      </div>
    </div>
  );
}
