/** Where the page is in latent space, and what of it is shown: all of it in the address. */

import { type Checkpoint, checkpointCodec } from '../../components/checkpoint-select.tsx';
import { type Classes, classesCodec, keptCodec, type Latent, latentCodec, type Point } from '../../points.ts';
import { decimal, flag, list, maybe, oneOf, text, wholeNumber } from '../../query-codecs.ts';
import { queryState } from '../../query-state.ts';
import { type Narrowing, narrowings } from './truncation.ts';

export const tabs = ['point', 'walk', 'grid', 'directions', 'neighbours'] as const;
export type TabName = (typeof tabs)[number];
const gridKinds = ['classes', 'coordinates', 'directions'] as const;
export type GridKind = (typeof gridKinds)[number];
export const walkFormats = ['webp', 'gif'] as const;

export const view = {
  tab: queryState<TabName>('tab', oneOf(tabs), 'point'),
  checkpoint: queryState<Checkpoint>('at', checkpointCodec, 'newest'),
  /** By default the first latent of the run's seed, which its sample sheets begin with. */
  latent: queryState<Latent | undefined>('point', maybe(latentCodec), undefined),
  classes: queryState<Classes>('class', classesCodec, 0),
  /** Which of the two ways ψ is. */
  narrowing: queryState<Narrowing>('psi', oneOf(narrowings), 'truncation'),
  /** Of Anim, in cells a second. */
  speed: queryState('speed', decimal(-5, 5, 2), 0.5),
  kept: queryState<readonly Point[]>('kept', keptCodec, []),
  frames: queryState('frames', wholeNumber(2, 600), 60),
  framesPerSecond: queryState('fps', decimal(1, 60, 0), 20),
  loops: queryState('loop', flag, true),
  format: queryState<(typeof walkFormats)[number]>('as', oneOf(walkFormats), 'webp'),
  /** Pixels of a file to one of an image; by default about 256 for the whole. */
  enlarge: queryState('enlarge', maybe(wholeNumber(1, 64)), undefined),
  grid: queryState<GridKind>('grid', oneOf(gridKinds), 'classes'),
  /** The ends of a grid: `here`, `right` (its neighbour in the lattice), or the number of a kept point. */
  from: queryState('from', text, 'here'),
  to: queryState('to', text, 'right'),
  columns: queryState('columns', wholeNumber(2, 16), 7),
  /** Classes of the rows; none for the first ten. */
  rows: queryState('rows', list(wholeNumber(0)), []),
  coordinates: queryState('coordinates', list(wholeNumber(0)), [0, 1, 2]),
  /** How far traversals go; by default as far as latents do. */
  reach: queryState('reach', maybe(decimal(0.1, 100, 1)), undefined),
  by: queryState<'pixels' | 'features'>('by', oneOf(['pixels', 'features']), 'pixels'),
} as const;
