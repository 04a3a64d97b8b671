/** What the page asks the compute process, and what of its answers is shown. */
import { useMemo } from 'preact/hooks';
import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { compute } from '../../api.ts';
import { cornerOf, type Point } from '../../points.ts';
import type { Asked } from '../../use-request.ts';
import { type Reading, readBlock } from './maps.ts';
import { type Block, isWithin, type Observed, type Pin, pinWithin } from './pins.ts';
import { useNewest } from './use-newest.ts';
import { pointed, view } from './view.ts';

export type Model = TaskResult<'model'>;

/** What is asked about, but for the pins. */
export interface Wanted {
  readonly place: { readonly run: string; readonly checkpoint: 'newest' | 'best' | number };
  readonly network: 'G' | 'D';
  readonly subject:
    | { readonly kind: 'generated'; readonly point: Point }
    | { readonly kind: 'dataset'; readonly index: number };
  readonly change: { gamma?: number; map?: 'uniform' | 'window'; windowPixels?: number };
}

/** An answer, and what it is the answer to. */
export interface Seen {
  readonly wanted: Wanted;
  readonly result: TaskResult<'attention'>;
}

/** What the address asks for. */
export function wantedOf(run: string, model: Model): Wanted {
  const { network, kind, image, gamma, map, windowPixels } = view;
  const isDataset = network.value === 'D' && kind.value === 'dataset';
  return {
    place: { run, checkpoint: view.checkpoint.value },
    network: network.value,
    subject: isDataset
      ? { kind: 'dataset', index: image.value }
      : { kind: 'generated', point: view.point.value ?? latentOfSeed(model) },
    change: {
      ...(gamma.value !== undefined && { gamma: gamma.value }),
      ...(map.value !== 'learned' && { map: map.value }),
      ...(map.value === 'window' && { windowPixels: windowPixels.value }),
    },
  };
}

/** Links are made by hand, too: there are no more classes than there are. */
function latentOfSeed({ seed: ownSeed, images }: Model): Point {
  const { seed, index, label, other, share } = view;
  const known = (number: number) => Math.min(number, Math.max(0, images.classes - 1));
  const latent = { ...cornerOf(seed.value ?? ownSeed), x: index.value };
  if (other.value === undefined || images.classes === 0) return { latent, classes: known(label.value) };
  const first = { class: known(label.value), weight: Number((1 - share.value).toFixed(2)) };
  return { latent, classes: [first, { class: known(other.value), weight: share.value }] };
}

/**
 * The answer to what is wanted. Maps come along, so that pins and the pointer ask for nothing; where they are too large to be
 * sent each pin asks for its part. `newest` is the newest checkpoint: when there is another, all is asked again.
 */
export function useAttention(wanted: Wanted | undefined, newest: number | undefined): Asked<Seen> {
  /** Resolutions of the images, by networks whose maps are too large. */
  const large = useMemo(() => new Map<string, number>(), []);
  const kind = JSON.stringify([wanted?.place.run, wanted?.network]);
  const resolution = large.get(kind);
  const pins =
    resolution === undefined ? [] : [...pinsWithin(resolution), currentPin(pinsWithin(resolution), -1, resolution)];
  const key = wanted && JSON.stringify([wanted, wanted.place.checkpoint === 'newest' && newest, pins]);
  return useNewest(key, async (signal, onProgress) => {
    if (wanted === undefined) throw new Error('nothing is asked for');
    const result = await compute('attention', { ...wanted, pins }, { signal, onProgress });
    if (result.learned.blocks.some(({ map }) => map === undefined)) large.set(kind, result.resolution);
    return { wanted, result };
  });
}

/** What is looked at: which of the two observations, which block of it, which pin. */
export interface Shown {
  readonly observed: Observed;
  readonly block: Block;
  readonly resolution: number;
  readonly pins: readonly Pin[];
  readonly pinReadings: readonly (Reading | undefined)[];
  /** Place of the chosen pin among the pins; -1 without pins. */
  readonly chosen: number;
  readonly current: Pin;
  readonly reading: Reading | undefined;
}

/** Reads the answer as the address and the pointer say. */
export function shownOf({ result: { learned, changed, resolution } }: Seen): Shown | undefined {
  const observed = view.picture.value === 'learned' ? learned : (changed ?? learned);
  const block = mainBlock(observed.blocks);
  if (block === undefined) return undefined;
  const pins = pinsWithin(resolution);
  const chosen = Math.min(view.chosen.value ?? pins.length - 1, pins.length - 1);
  const current = currentPin(pins, chosen, resolution);
  return {
    observed,
    block,
    resolution,
    pins,
    pinReadings: pins.map((pin) => readBlock(block, pin, resolution)),
    chosen,
    current,
    reading: readBlock(block, current, resolution),
  };
}

/** The pins of the address that lie in the image. */
export const pinsWithin = (resolution: number) => view.pins.value.filter((pin) => isWithin(pin, resolution));

/** Under the pointer, or the chosen pin, or the middle of the image. */
function currentPin(pins: readonly Pin[], chosen: number, resolution: number): Pin {
  const middle = Math.floor(resolution / 2);
  if (pointed.value !== undefined) return pinWithin(pointed.value, resolution);
  return pins.at(chosen) ?? { x: middle, y: middle, direction: view.direction.value };
}

/** The block of the address, or the first with the most positions. */
export function mainBlock(blocks: readonly Block[]): Block | undefined {
  const finest = blocks.toSorted((a, b) => b.queryGrid[0] - a.queryGrid[0])[0];
  return blocks.find(({ name }) => name === view.block.value) ?? finest;
}
