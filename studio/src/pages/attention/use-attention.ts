/** What the page asks the compute process, and what of its answers is shown. */
import { useMemo } from 'preact/hooks';
import type { TaskRequest, TaskResult } from '../../../../src/compute/tasks/index.ts';
import { compute } from '../../api.ts';
import { type Asked, useRequest } from '../../use-request.ts';
import { type Reading, readBlock } from './maps.ts';
import type { Block, Observed, Pin } from './pins.ts';
import { pointed, view } from './view.ts';

export type Model = TaskResult<'model'>;
export type AttentionRequest = TaskRequest<'attention'>;

/** What is asked about, but for the pins. */
export interface Wanted {
  readonly place: { readonly run: string; readonly checkpoint: 'newest' | 'best' | number };
  readonly network: 'G' | 'D';
  readonly subject: AttentionRequest['subject'];
  readonly change: { gamma?: number; map?: 'uniform' | 'window'; windowPixels?: number };
}

/** An answer, and what it is the answer to. */
export interface Seen {
  readonly wanted: Wanted;
  readonly result: TaskResult<'attention'>;
}

/** What the address asks for. */
export function wantedOf(run: string, { seed: ownSeed, images }: Model): Wanted {
  const { network, kind, image, seed, index, label, other, share, gamma, map, windowPixels } = view;
  const isDataset = network.value === 'D' && kind.value === 'dataset';
  const first = Math.min(label.value, Math.max(0, images.classes - 1));
  const classes =
    other.value === undefined || images.classes === 0
      ? first
      : [
          { class: first, weight: Number((1 - share.value).toFixed(2)) },
          { class: Math.min(other.value, images.classes - 1), weight: share.value },
        ];
  return {
    place: { run, checkpoint: view.checkpoint.value },
    network: network.value,
    subject: isDataset
      ? { kind: 'dataset', index: image.value }
      : { kind: 'generated', point: { latent: { seed: seed.value ?? ownSeed, x: index.value }, classes } },
    change: {
      ...(gamma.value !== undefined && { gamma: gamma.value }),
      ...(map.value !== 'learned' && { map: map.value }),
      ...(map.value === 'window' && { windowPixels: windowPixels.value }),
    },
  };
}

/**
 * The answer to what is wanted. Maps come along, so that pins and the pointer ask for nothing; where they are too large to be
 * sent each pin asks for its part. `newest` is the newest checkpoint: when there is another, all is asked again.
 */
export function useAttention(wanted: Wanted | undefined, newest: number | undefined): Asked<Seen> {
  const large = useMemo(() => new Set<string>(), []);
  const kind = JSON.stringify([wanted?.place.run, wanted?.network]);
  const pins = large.has(kind) ? [...view.pins.value, pointed.value].filter((pin) => pin !== undefined) : [];
  const key = wanted && JSON.stringify([wanted, wanted.place.checkpoint === 'newest' && newest, pins]);
  return useRequest(key, async (signal, onProgress) => {
    if (wanted === undefined) throw new Error('nothing is asked for');
    const result = await compute('attention', { ...wanted, pins }, { signal, onProgress });
    if (result.learned.blocks.some(({ map }) => map === undefined)) large.add(kind);
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
  /** Under the pointer, or the chosen pin, or the middle of the image. */
  readonly current: Pin;
  readonly reading: Reading | undefined;
}

/** Reads the answer as the address and the pointer say. */
export function shownOf({ result: { learned, changed, resolution } }: Seen): Shown | undefined {
  const observed = view.picture.value === 'learned' ? learned : (changed ?? learned);
  const block = mainBlock(observed.blocks);
  if (block === undefined) return undefined;
  const pins = view.pins.value.filter(({ x, y }) => x < resolution && y < resolution);
  const chosen = Math.min(view.chosen.value ?? pins.length - 1, pins.length - 1);
  const middle = Math.floor(resolution / 2);
  const current = pointed.value ?? pins[chosen] ?? { x: middle, y: middle, direction: view.direction.value };
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

/** The block of the address, or the first with the most positions. */
export function mainBlock(blocks: readonly Block[]): Block | undefined {
  const finest = blocks.toSorted((a, b) => b.queryGrid[0] - a.queryGrid[0])[0];
  return blocks.find(({ name }) => name === view.block.value) ?? finest;
}
