/** The losses, by name. */

import type { GanLoss } from '../loss.ts';
import { hinge } from './hinge.ts';
import { nonSaturating } from './non-saturating.ts';

export const losses = { hinge, nonSaturating } as const satisfies Readonly<Record<string, GanLoss>>;

export type LossName = keyof typeof losses;
export const lossNames: readonly [LossName, ...LossName[]] = ['hinge', 'nonSaturating'];
