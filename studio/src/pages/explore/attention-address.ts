import { type Point, pointCodec } from '../../points.ts';
import { runPath } from '../../routes.ts';

/** The attention page of a run, with the picture of this point. */
export function attentionAddress(run: string, checkpoint: 'newest' | 'best' | number, point: Point): string {
  const parameters = new URLSearchParams({ point: pointCodec.format(point) });
  if (checkpoint !== 'newest') parameters.set('at', String(checkpoint));
  return `${runPath(run, 'attention')}?${parameters}`;
}
