/** The picture, large, with the attention over it; pointing asks, clicking pins. */
import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../../components/status.tsx';
import { useRoom } from '../../use-room.ts';
import { useShortcuts } from '../../use-shortcuts.ts';
import { drawFrame, drawGrid, drawOrigins, drawPicture, drawPin } from './drawing.ts';
import { heatStops } from './heat.ts';
import { readBlock } from './maps.ts';
import { type Cell, cellAt, cellWithin, movedPin, ownGrid, type Pin, pinColours } from './pins.ts';
import type { Shown } from './use-attention.ts';
import type { Pixels } from './use-pair.ts';
import { pointed, readCell, view } from './view.ts';
import { percent, readingWords, valueWords } from './words.ts';

const largestSide = 640;
/** What stands above and below the picture in a window. */
const surroundings = 370;
const leastSide = 256;
/** Of what is asked without being pinned. */
const pointedColour = '#ffffff';
const colourOf = (pin: number) => pinColours[pin] ?? pointedColour;

/** Without `hasMap` the picture alone is drawn: a difference has no attention. */
export function Stage({
  shown,
  pixels,
  hasMap,
  onPin,
}: {
  readonly shown: Shown;
  readonly pixels: Pixels;
  readonly hasMap: boolean;
  readonly onPin: (pin: Pin) => void;
}) {
  const { place, room } = useRoom<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { block, resolution, current, reading } = shown;
  const unit = devicePixelRatio;
  const most = Math.min(room, largestSide, Math.max(leastSide, innerHeight - surroundings));
  const scale = Math.max(1, Math.floor((most * unit) / pixels.side));
  const side = scale * pixels.side;
  const opacity = view.opacity.value;
  const origins = view.origins.value;
  const value =
    readCell.value !== undefined && reading !== undefined ? cellWithin(readCell.value, reading.grid) : undefined;
  useEffect(() => {
    const pen = canvas.current?.getContext('2d');
    if (pen == null || room === 0) return;
    drawPicture(pen, pixels, hasMap ? reading : undefined, opacity);
    if (!hasMap || reading === undefined) return;
    drawGrid(pen, reading.grid);
    if (origins !== 'none') drawOrigins(pen, block, origins === 'all' ? undefined : keysOf(shown));
    const isPinned = pointed.value === undefined && shown.chosen !== -1;
    // Faint, since the heat is not theirs.
    pen.globalAlpha = 0.6;
    for (const [i, other] of shown.pinReadings.entries()) {
      if (other !== undefined && !(isPinned && i === shown.chosen)) drawPin(pen, other, colourOf(i), unit);
    }
    pen.globalAlpha = 1;
    drawPin(pen, reading, isPinned ? colourOf(shown.chosen) : pointedColour, unit);
    if (!isPinned) drawFrame(pen, reading.cell, reading.own, unit);
    if (value !== undefined) drawFrame(pen, value, reading.grid, unit);
  }, [pixels, shown, hasMap, room, side, opacity, origins, readCell.value]);

  const pinAt = (event: PointerEvent | MouseEvent): Pin => {
    const box = canvas.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    const within = (at: number) => Math.min(resolution - 1, Math.max(0, Math.floor(at * resolution)));
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return { x: within(x), y: within(y), direction: view.direction.value };
  };
  const isReading = view.reads.value && shown.chosen !== -1;
  const move = (down: number, right: number) => {
    const from = { ...current, direction: view.direction.value };
    const next = movedPin(from, down, right, resolution, ownGrid(block, from));
    pointed.value = next;
    const said = readBlock(block, next, resolution);
    if (said !== undefined) announce(readingWords(said));
  };
  useShortcuts('Attention: the picture', [
    { keys: 'ArrowLeft', does: 'The cell to the left', run: () => move(0, -1) },
    { keys: 'ArrowRight', does: 'The cell to the right', run: () => move(0, 1) },
    { keys: 'ArrowUp', does: 'The cell above', run: () => move(-1, 0) },
    { keys: 'ArrowDown', does: 'The cell below', run: () => move(1, 0) },
    { keys: 'Enter', does: 'Pin the cell', run: () => onPin(current) },
  ]);
  return (
    <div class="attention-stage">
      <div class="attention-place" ref={place}>
        <button
          type="button"
          class="attention-asked"
          aria-label="Picture with its attention: arrow keys move from cell to cell, Enter pins"
          aria-describedby="attention-says"
          onPointerMove={(event) => {
            if (event.pointerType !== 'mouse') return;
            const pin = pinAt(event);
            if (!isReading) pointed.value = pin;
            else if (reading !== undefined) readCell.value = cellAt(pin, resolution, reading.grid);
          }}
          onPointerLeave={() => {
            pointed.value = undefined;
            readCell.value = undefined;
          }}
          onClick={(event) => {
            // By a key, there is no place.
            const pin = event.detail === 0 ? current : pinAt(event);
            if (!isReading) onPin(pin);
            else if (reading !== undefined) readCell.value = cellAt(pin, resolution, reading.grid);
          }}
        >
          <canvas
            ref={canvas}
            width={side}
            height={side}
            style={{ width: `${side / unit}px`, height: `${side / unit}px` }}
          />
        </button>
      </div>
      {hasMap && <Legend maximum={reading?.top.weight} />}
      <p class="attention-says" id="attention-says">
        {!hasMap
          ? 'What the change does to the picture; a difference has no attention.'
          : reading === undefined
            ? 'Asking about this pixel.'
            : value !== undefined
              ? valueWords(reading, value)
              : readingWords(reading)}
      </p>
    </div>
  );
}

/** The key cells whose origins are shown: those that arrows end at, or that is asked about. */
function keysOf({ reading, pinReadings }: Shown): readonly Cell[] {
  return [reading, ...pinReadings].flatMap((read): readonly Cell[] => {
    if (read === undefined) return [];
    return read.pin.direction === 'lookedAtBy' ? [read.cell] : read.peaks;
  });
}

function Legend({ maximum }: { readonly maximum: number | undefined }) {
  const stops = heatStops.map((colour) => `rgb(${colour.join(' ')})`).join(', ');
  return (
    <div class="attention-legend small soft numbers">
      <span>0 %</span>
      <span class="attention-scale" style={{ background: `linear-gradient(90deg, ${stops})` }} />
      <span>{maximum === undefined ? 'most' : percent(maximum)} in one cell, the most</span>
    </div>
  );
}
