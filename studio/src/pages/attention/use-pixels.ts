import { useEffect, useState } from 'preact/hooks';

/** The pixels of a square image. */
export interface Pixels {
  readonly side: number;
  /** RGBA */
  readonly data: Uint8ClampedArray;
}

/** Decodes an image; while the next is decoded the one before stays. */
export function usePixels(src: string | undefined): Pixels | undefined {
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
