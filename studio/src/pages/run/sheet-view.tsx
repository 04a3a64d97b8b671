import { useEffect, useState } from 'preact/hooks';
import { ErrorPanel } from '../../components/states.tsx';
import { count } from '../../format.ts';
import { useRoom } from '../../use-room.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { crispWidth } from './timeline.ts';

interface Loaded {
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** A sheet, large; with another beside it, a line between the two that can be moved. `next` are fetched ahead. */
export function SheetView({
  run,
  step,
  beside,
  next,
  addressOf,
}: {
  readonly run: string;
  readonly step: number;
  readonly beside: number | undefined;
  readonly next: readonly (number | undefined)[];
  readonly addressOf: (step: number) => string;
}) {
  const { place, room } = useRoom<HTMLDivElement>();
  const [split, setSplit] = useState(50);
  const [isHeld, setHeld] = useState(false);
  const { loaded, problem } = useImage(addressOf(step));
  const ahead = next.filter((other) => other !== undefined).map(addressOf);
  useEffect(() => {
    for (const src of ahead) new Image().src = src;
  }, [ahead.join()]);
  useEffect(() => {
    if (!isHeld) return;
    const release = () => setHeld(false);
    addEventListener('keyup', release);
    addEventListener('blur', release);
    return () => {
      removeEventListener('keyup', release);
      removeEventListener('blur', release);
    };
  }, [isHeld]);
  useShortcuts('Compared sheets', [
    { keys: 'x', does: 'See the compared sheet, while it is held', run: () => setHeld(beside !== undefined) },
  ]);
  const width = loaded === undefined ? 0 : crispWidth(loaded.width, room, devicePixelRatio);
  const isWhole = loaded !== undefined && width >= loaded.width;
  const look = { width: `${width}px`, imageRendering: isWhole ? 'pixelated' : 'auto' } as const;
  const shownSplit = isHeld ? 100 : split;
  return (
    <div class="sheet-place" ref={place}>
      {problem !== undefined && (
        <ErrorPanel title={`The sheet of step ${count(step)} cannot be shown`} problem={problem} />
      )}
      {loaded !== undefined && problem === undefined && (
        <div class="sheet-pair" style={{ width: look.width }}>
          <img src={loaded.src} alt={`Samples of ${run} after step ${step}`} style={look} />
          {beside !== undefined && (
            <>
              <img
                class="over"
                src={addressOf(beside)}
                alt={`Samples of ${run} after step ${beside}`}
                style={{ ...look, clipPath: `inset(0 ${100 - shownSplit}% 0 0)` }}
              />
              <span class="split-line" style={{ left: `${shownSplit}%` }} />
              <span class="split-name numbers">{count(beside)}</span>
              <span class="split-name right numbers">{count(step)}</span>
              <input
                class="split-slider"
                type="range"
                min={0}
                max={100}
                value={split}
                aria-label={`Share that is of step ${beside}; the rest is of step ${step}`}
                onInput={({ currentTarget }) => setSplit(currentTarget.valueAsNumber)}
              />
            </>
          )}
        </div>
      )}
    </div>
  );
}

/** The newest image that has come: while the next is fetched the one before stays. */
function useImage(src: string): { readonly loaded: Loaded | undefined; readonly problem: string | undefined } {
  const [loaded, setLoaded] = useState<Loaded>();
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    let isWanted = true;
    const image = new Image();
    image.src = src;
    image.decode().then(
      () => isWanted && setLoaded({ src, width: image.naturalWidth, height: image.naturalHeight }),
      () => isWanted && setFailed(src),
    );
    return () => {
      isWanted = false;
    };
  }, [src]);
  const problem = 'Its file is missing or damaged, or the server is gone. Other sheets may still be there.';
  return { loaded, problem: failed === src ? problem : undefined };
}
