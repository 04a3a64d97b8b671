import { useEffect, useRef } from 'preact/hooks';
import { drawPicture } from './drawing.ts';
import type { Reading } from './maps.ts';
import type { Pixels } from './use-pair.ts';

/** A small picture, with the heat of a reading over it if there is one. */
export function HeatPicture({
  pixels,
  reading,
  opacity = 1,
}: {
  readonly pixels: Pixels;
  readonly reading?: Reading | undefined;
  readonly opacity?: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = pixels.side * Math.max(1, Math.round(192 / pixels.side));
  useEffect(() => {
    const pen = canvas.current?.getContext('2d');
    if (pen != null) drawPicture(pen, pixels, reading, opacity);
  }, [pixels, reading, opacity, side]);
  return <canvas ref={canvas} class="attention-small" width={side} height={side} />;
}
