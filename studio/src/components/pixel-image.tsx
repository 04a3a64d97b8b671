/** Small images, enlarged by whole numbers so that each of their pixels stays a square. */
import { useState } from 'preact/hooks';
import { sampleAddress } from '../api.ts';
import './pixel-image.css';
import { useRoom } from '../use-room.ts';

interface PixelImageProps {
  /** An address of the server's, or `data:`. */
  readonly src: string;
  /** What is to be seen; '' only where the words beside it say it. */
  readonly alt: string;
  /** Screen pixels a pixel; default: as many as there is room for, `maxScale` at most. */
  readonly scale?: number;
  readonly maxScale?: number;
}

/** An image of the size that fits its place. Wider than its place it is made smaller, which alone needs fractions. */
export function PixelImage({ src, alt, scale, maxScale = 8 }: PixelImageProps) {
  const { place, room } = useRoom<HTMLSpanElement>();
  const [size, setSize] = useState<{ readonly width: number; readonly height: number }>();
  const times = size === undefined ? 1 : (scale ?? Math.min(maxScale, Math.max(1, Math.floor(room / size.width))));
  const isShrunk = size !== undefined && room > 0 && room < size.width * times;
  return (
    <span class="pixel-place" ref={place}>
      <img
        class={isShrunk ? 'shrunk' : 'pixels'}
        src={src}
        alt={alt}
        draggable={false}
        width={size === undefined ? undefined : size.width * times}
        height={size === undefined ? undefined : size.height * times}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setSize({ width: naturalWidth, height: naturalHeight })
        }
      />
    </span>
  );
}

/** The sample sheet of a run after a step, with its caption. */
export function Sheet({
  run,
  step,
  version,
  maxScale = 4,
}: {
  readonly run: string;
  readonly step: number;
  /** Of its address. */
  readonly version: string | undefined;
  readonly maxScale?: number;
}) {
  return (
    <figure class="sheet">
      <PixelImage
        src={sampleAddress(run, step, version)}
        alt={`Samples of ${run} after step ${step}`}
        maxScale={maxScale}
      />
      <figcaption class="small soft numbers">Step {step.toLocaleString('en')}</figcaption>
    </figure>
  );
}
