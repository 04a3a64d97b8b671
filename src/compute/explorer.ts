/** What tasks that make images of points share: generators that mix classes, and the directions that points may name. */

import { mixing } from '../api/walk.ts';
import { type LatentDirections, latentDirections } from '../inspect/index.ts';
import { tilesToPng } from '../picture/animation.ts';
import { Generator } from '../sample/index.ts';
import type { Place } from './place.ts';
import type { TaskContext } from './task.ts';

/** The generator of a place for so many images, which takes weights of classes. It is kept. */
export function openMixer(place: Place, context: TaskContext, count: number): Promise<Generator> {
  const options = mixing(count);
  const { model, checkpoint } = context.open(place);
  return context.keep(
    place,
    `mixer of ${options.batch}`,
    () => Generator.open(context.runtime, model, checkpoint.state, options),
    (generator) => generator.release(),
  );
}

/** The directions of a place, found once. Throws UserError as `latentDirections` does. */
export function keptDirections(place: Place, context: TaskContext): Promise<LatentDirections> {
  const { model, checkpoint } = context.open(place);
  return context.keep(place, 'directions', () => latentDirections(context.runtime, model, checkpoint.state));
}

/** The directions as points need them; none where they name none. */
export async function directionsFor(place: Place, context: TaskContext, areNamed: boolean): Promise<Float32Array[]> {
  if (!areNamed) return [];
  return (await keptDirections(place, context)).directions.map(({ vector }) => vector);
}

/** A `data:` address of images, uint8 [N,C,H,W], in rows of `columns`, edge to edge, a pixel a pixel. */
export async function pictureOf(
  images: Uint8Array,
  { channels, resolution }: { readonly channels: number; readonly resolution: number },
  columns = 1,
): Promise<string> {
  const rows = images.length / (channels * resolution ** 2 * columns);
  const png = await tilesToPng({ images, channels, resolution, rows, columns, scale: 1 });
  return `data:image/png;base64,${png.toString('base64')}`;
}
