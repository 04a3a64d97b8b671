import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** How wide an element is, in CSS pixels, as it changes; 0 until it is known. Give it `place` as its ref. */
export function useRoom<Place extends HTMLElement>(): {
  readonly place: RefObject<Place | null>;
  readonly room: number;
} {
  const place = useRef<Place>(null);
  const [room, setRoom] = useState(0);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new ResizeObserver(([entry]) => setRoom(entry?.contentRect.width ?? 0));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return { place, room };
}
