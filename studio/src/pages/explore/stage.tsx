/** The picture, large: dragged, it moves through the lattice. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useRoom } from '../../use-room.ts';
import { cellPixels } from './lattice.ts';

const largestSide = 512;
const smallestSide = 224;
/** What else stands above and below it in a window. */
const besidesPixels = 280;

export interface Frame {
  readonly image: HTMLImageElement;
  /** Of the frames beside each other in the image. */
  readonly number: number;
}

export function Stage({
  frame: { image, number },
  resolution,
  label,
  onDrag,
  onMove,
  onPress,
}: {
  readonly frame: Frame;
  readonly resolution: number;
  readonly label: string;
  /** Whether it is being dragged. */
  readonly onDrag: (isDragged: boolean) => void;
  /** In cells. */
  readonly onMove: (right: number, down: number) => void;
  /** Space or Enter, which buttons take for themselves. */
  readonly onPress: () => void;
}) {
  const { place, room } = useRoom<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<{ readonly x: number; readonly y: number } | undefined>(undefined);
  // Before anything is seen that says whose picture it is.
  useLayoutEffect(() => {
    const pen = canvas.current?.getContext('2d');
    pen?.drawImage(image, number * resolution, 0, resolution, resolution, 0, 0, resolution, resolution);
  }, [image, number, resolution]);
  const most = Math.min(room, largestSide, Math.max(smallestSide, innerHeight - besidesPixels));
  const scale = Math.max(1, Math.floor((most * devicePixelRatio) / resolution));
  const side = `${(scale * resolution) / devicePixelRatio}px`;
  const end = () => {
    last.current = undefined;
    onDrag(false);
  };
  return (
    <div class="explore-place" ref={place}>
      <button
        type="button"
        class="explore-handle"
        aria-label={label}
        aria-describedby="explore-how"
        style={{ width: side, height: side }}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          last.current = { x: event.clientX, y: event.clientY };
          onDrag(true);
        }}
        onPointerMove={({ clientX, clientY }) => {
          const before = last.current;
          if (before === undefined) return;
          last.current = { x: clientX, y: clientY };
          onMove((clientX - before.x) / cellPixels, (clientY - before.y) / cellPixels);
        }}
        onPointerUp={end}
        onPointerCancel={end}
        // By a key.
        onClick={({ detail }) => detail === 0 && onPress()}
      >
        <canvas ref={canvas} width={resolution} height={resolution} />
      </button>
    </div>
  );
}
