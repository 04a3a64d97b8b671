/** The pictures of an answer, decoded: as learned, changed, and how the two differ. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Difference, differenceOf } from './heat.ts';
import type { Seen } from './use-attention.ts';
import { type PictureName, view } from './view.ts';

/** The pixels of a square image. */
export interface Pixels {
  readonly side: number;
  /** RGBA */
  readonly data: Uint8ClampedArray;
}

export interface Pair {
  readonly learned: Pixels;
  /** Undefined without a change. */
  readonly changed: Pixels | undefined;
  readonly difference: (Difference & Pixels) | undefined;
}

/** Undefined until the first picture is decoded. */
export function usePair(seen: Seen | undefined): Pair | undefined {
  const learned = usePixels(seen?.result.learned.image);
  const changed = usePixels(seen?.result.changed?.image);
  // A changed discriminator changes its mind, not the image.
  const isSame = seen?.wanted.network === 'D';
  return useMemo(() => {
    if (learned === undefined) return undefined;
    if (changed?.side !== learned.side || isSame) return { learned, changed, difference: undefined };
    const difference = differenceOf(learned.data, changed.data);
    return { learned, changed, difference: { ...difference, side: learned.side, data: difference.pixels } };
  }, [learned, changed, isSame]);
}

/** The picture that the address asks for, or what there is of it. */
export function shownPicture({ learned, changed, difference }: Pair): { name: PictureName; pixels: Pixels } {
  const name = view.picture.value;
  if (name === 'difference' && difference !== undefined) return { name, pixels: difference };
  if (name === 'learned' || changed === undefined) return { name: 'learned', pixels: learned };
  return { name: 'changed', pixels: changed };
}

/** Decodes an image; while the next is decoded the one before stays. */
function usePixels(src: string | undefined): Pixels | undefined {
  const [pixels, setPixels] = useState<Pixels>();
  useEffect(() => {
    if (src === undefined) return setPixels(undefined);
    let isWanted = true;
    const image = new Image();
    image.onload = () => {
      const side = image.naturalWidth;
      const pen = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
      if (!isWanted || pen === null) return;
      pen.drawImage(image, 0, 0);
      setPixels({ side, data: pen.getImageData(0, 0, side, side).data });
    };
    image.src = src;
    return () => {
      isWanted = false;
    };
  }, [src]);
  return pixels;
}
