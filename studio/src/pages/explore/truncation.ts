/** ψ in its two ways, and what it costs. */

import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import type { Latent } from '../../points.ts';

export const narrowings = ['truncation', 'scale'] as const;
export type Narrowing = (typeof narrowings)[number];
type Measured = TaskResult<'diversity'>['measured'];

const tenths = (from: number, to: number, by: number) =>
  Array.from({ length: Math.round((from - to) / by) + 1 }, (_, i) => Number((from - i * by).toFixed(2)));

/** The places of the slider, from none to 0.1. */
export const places: Readonly<Record<Narrowing, readonly (number | undefined)[]>> = {
  truncation: [undefined, ...tenths(2, 0.1, 0.1)],
  scale: [undefined, ...tenths(0.95, 0.1, 0.05)],
};

/** Where diversity is measured; between these it is read off the line. */
export const measuredAt: Readonly<Record<Narrowing, readonly number[]>> = {
  truncation: [2, 1.5, 1, 0.7, 0.4, 0.2, 0.1],
  scale: [0.8, 0.6, 0.4, 0.2, 0.1],
};

/** The place of the slider nearest to a ψ. */
export function placeOf(kind: Narrowing, psi: number | undefined): number {
  if (psi === undefined) return 0;
  const away = places[kind].map((place) => (place === undefined ? Number.POSITIVE_INFINITY : Math.abs(place - psi)));
  return away.indexOf(Math.min(...away));
}

/** The latent with ψ of one kind, and none of the other. */
export function narrowed(
  { truncation: _, scale: __, ...latent }: Latent,
  kind: Narrowing,
  psi: number | undefined,
): Latent {
  return { ...latent, ...(psi !== undefined && { [kind]: psi }) };
}

/** How much images differ at ψ in terms of whole latents; between measurements on the line from one to the next. */
export function shareAt(kind: Narrowing, measured: Measured, psi: number): number | undefined {
  // Whole latents: multiplied by 1, or cut where nothing is left to cut.
  const whole = kind === 'scale' ? 1 : 3;
  const points = measured.map(({ psi: at = whole, share }) => ({ at, share })).sort((a, b) => a.at - b.at);
  const above = points.find(({ at }) => at >= psi) ?? points.at(-1);
  const below = points.findLast(({ at }) => at <= psi) ?? points[0];
  if (above === undefined || below === undefined) return undefined;
  if (above.at === below.at) return above.share;
  return below.share + ((psi - below.at) / (above.at - below.at)) * (above.share - below.share);
}

/** What is done to the latents, in words. */
export function narrowingWords(kind: Narrowing, psi: number | undefined): string {
  if (psi === undefined) {
    return kind === 'truncation'
      ? 'Not in use: coordinates of the latent beyond ±ψ would be drawn again.'
      : 'Not in use: every coordinate of the latent would be multiplied by ψ.';
  }
  return kind === 'truncation'
    ? `Coordinates of the latent beyond ±${psi} are drawn again.`
    : `Every coordinate of the latent is multiplied by ${psi}.`;
}
