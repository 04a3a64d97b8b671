/** What of attention is shown, and how: all of it in the address, but for where the pointer is. */

import { signal } from '@preact/signals';
import { type Checkpoint, checkpointCodec } from '../../components/checkpoint-select.tsx';
import { type Point, pointCodec } from '../../points.ts';
import { decimal, flag, maybe, oneOf, text, wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { type Cell, type Direction, type Pin, pinsCodec } from './pins.ts';

const pictures = ['changed', 'learned', 'difference'] as const;
export type PictureName = (typeof pictures)[number];
export const pictureWords = { changed: 'Changed', learned: 'As learned', difference: 'Difference' } as const;

/** The pictures of a change; a changed discriminator leaves the image as it is. */
export function picturesOf(network: 'G' | 'D'): readonly PictureName[] {
  return network === 'G' ? pictures : pictures.filter((name) => name !== 'difference');
}

export const originChoices = ['peaks', 'all', 'none'] as const;

export const view = {
  checkpoint: queryState<Checkpoint>('at', checkpointCodec, 'newest'),
  network: queryState<'G' | 'D'>('net', oneOf(['G', 'D']), 'G'),
  /** What the discriminator looks at. */
  kind: queryState<'generated' | 'dataset'>('of', oneOf(['generated', 'dataset']), 'generated'),
  /** A point of the explore page, instead of a latent of a seed. */
  point: queryState<Point | undefined>('point', maybe(pointCodec), undefined),
  /** By default the run's, which its sample sheets are drawn with. */
  seed: queryState('seed', maybe(wholeNumber(0)), undefined),
  index: queryState('index', wholeNumber(0, 2 ** 32 - 1), 0),
  label: queryState('class', wholeNumber(0), 0),
  /** A class that is mixed in, and its share. */
  other: queryState('mix', maybe(wholeNumber(0)), undefined),
  share: queryState('share', decimal(0, 1, 2), 0.5),
  image: queryState('image', wholeNumber(0), 0),
  /** Name of the block; by default the one with the most positions. */
  block: queryState('block', text, ''),
  pins: queryState<readonly Pin[]>('pins', pinsCodec, []),
  /** Which of them is looked at; by default the last. */
  chosen: queryState('pin', maybe(wholeNumber(0)), undefined),
  direction: queryState<Direction>('ask', oneOf(['looksAt', 'lookedAtBy']), 'looksAt'),
  opacity: queryState('heat', decimal(0, 1, 2), 0.85),
  origins: queryState<(typeof originChoices)[number]>('origins', oneOf(originChoices), 'peaks'),
  /** Whether the pointer reads the map of the chosen pin, or asks about what is under it. */
  reads: queryState('reads', flag, false),
  gamma: queryState('gamma', maybe(decimal(-1e6, 1e6, 3)), undefined),
  map: queryState<'learned' | 'uniform' | 'window'>('map', oneOf(['learned', 'uniform', 'window']), 'learned'),
  windowPixels: queryState('window', decimal(0, 1e6, 1), 8),
  picture: queryState<PictureName>('see', oneOf(pictures), 'changed'),
  /** Whether all checkpoints are measured. */
  history: queryState('history', flag, false),
} as const;

/** What is under the pointer, or under the cursor of the keyboard. */
export const pointed = signal<Pin | undefined>(undefined);
/** The cell whose value is read. */
export const readCell = signal<Cell | undefined>(undefined);
