/** The penalties, by name. */

import type { Penalty } from '../penalty.ts';
import { dragan } from './dragan.ts';
import { gradientPenalty } from './gradient-penalty.ts';
import { r1 } from './r1.ts';

export const penalties = { gradientPenalty, r1, dragan } as const satisfies Readonly<Record<string, Penalty>>;

export type PenaltyName = keyof typeof penalties;
export const penaltyNames: readonly [PenaltyName, ...PenaltyName[]] = ['gradientPenalty', 'r1', 'dragan'];
