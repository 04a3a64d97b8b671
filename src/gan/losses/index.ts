/** The losses, by name. */

import type { GanLoss } from '../loss.ts';
import { hinge } from './hinge.ts';
import { leastSquares } from './least-squares.ts';
import { nonSaturating } from './non-saturating.ts';
import { saturating } from './saturating.ts';
import { wasserstein } from './wasserstein.ts';

export const losses = { hinge, nonSaturating, saturating, leastSquares, wasserstein } as const satisfies Readonly<
  Record<string, GanLoss>
>;

export type LossName = keyof typeof losses;
export const lossNames: readonly [LossName, ...LossName[]] = [
  'hinge',
  'nonSaturating',
  'saturating',
  'leastSquares',
  'wasserstein',
];
