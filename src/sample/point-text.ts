/** Points of latent space and mixtures of classes as short texts, for command lines and addresses. */

import { UserError } from '../base/errors.ts';
import type { ClassWeights } from './class-weights.ts';
import type { LatentPoint } from './latent-point.ts';

/**
 * `7`, `7@1.5,2`, `7@0.5,0/truncation=0.5/d0=2.5/c3=-1`: the seed; the position in its lattice; truncation or scale; steps
 * along directions; coordinates that are set. `parsePoint` reads it back to the same point.
 */
export function formatPoint({ seed, x = 0, y = 0, truncation, scale, ...changes }: LatentPoint): string {
  return [
    x === 0 && y === 0 ? `${seed}` : `${seed}@${x},${y}`,
    ...(truncation === undefined ? [] : [`truncation=${truncation}`]),
    ...(scale === undefined ? [] : [`scale=${scale}`]),
    ...(changes.directions ?? []).map(({ direction, amount }) => `d${direction}=${amount}`),
    ...(changes.coordinates ?? []).map(({ coordinate, value }) => `c${coordinate}=${value}`),
  ].join('/');
}

/** Throws UserError for a text that is no point. */
export function parsePoint(text: string): LatentPoint {
  const refuse = (part: string) =>
    new UserError(
      `point "${text}": "${part}" is not understood; expected SEED or SEED@X,Y, such as 7@1.5,2, and behind it any of ` +
        '/truncation=0.5, /scale=0.5, /d0=2.5 (along direction 0) and /c3=-1 (coordinate 3 set).',
    );
  const number = (digits: string, part: string) => {
    const value = digits.trim() === '' ? Number.NaN : Number(digits);
    if (!Number.isFinite(value)) throw refuse(part);
    return value;
  };
  const [place = '', ...changes] = text.split('/');
  const [seedText = '', position] = place.split('@');
  if (!/^\d+$/.test(seedText) || !Number.isSafeInteger(Number(seedText))) throw refuse(place);
  const [x = 0, y = 0, ...more] = position?.split(',').map((part) => number(part, place)) ?? [];
  if (more.length > 0) throw refuse(place);
  let narrowing: Pick<LatentPoint, 'truncation' | 'scale'> = {};
  const directions: { direction: number; amount: number }[] = [];
  const coordinates: { coordinate: number; value: number }[] = [];
  for (const change of changes) {
    const [, name = '', index = '', valueText = ''] = /^(truncation|scale|[dc](\d+))=(.+)$/.exec(change) ?? [];
    if (name === '') throw refuse(change);
    const value = number(valueText, change);
    if (name === 'truncation') narrowing = { ...narrowing, truncation: value };
    else if (name === 'scale') narrowing = { ...narrowing, scale: value };
    else if (name.startsWith('d')) directions.push({ direction: Number(index), amount: value });
    else coordinates.push({ coordinate: Number(index), value });
  }
  return { seed: Number(seedText), x, y, ...narrowing, directions, coordinates };
}

/** `3`, or `3:0.5+7:0.25`. */
export function formatClasses(classes: ClassWeights): string {
  if (typeof classes === 'number') return String(classes);
  // 1e+30 is 1e30: a plus stands between classes.
  return classes.map((part) => `${part.class}:${String(part.weight).replace('+', '')}`).join('+');
}

/**
 * Reads `3`, `dog`, `dog:0.5+cat:0.5`; a class without a weight has 1. `find` gives the number of a class by its name or
 * number, and throws where there is none. Throws UserError for a weight that is none.
 */
export function parseClasses(text: string, find: (nameOrNumber: string) => number): ClassWeights {
  const parts = text.split('+').map((part) => {
    const [, name = part, weightText = '1'] = /^(.*):([^:]*)$/.exec(part) ?? [];
    const weight = weightText.trim() === '' ? Number.NaN : Number(weightText);
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw new UserError(
        `classes "${text}": the weight "${weightText}" is none; expected a number of 0 or more, as in 3:0.5+7:0.5.`,
      );
    }
    return { class: find(name), weight };
  });
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only.class : parts;
}
