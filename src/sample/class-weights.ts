/** Classes to be mixed: what a conditional generator is asked for, between its classes. */

import { UserError } from '../base/errors.ts';

/** A class by its number, or several with weights, of which only the proportions count. */
export type ClassWeights = number | readonly { readonly class: number; readonly weight: number }[];

/**
 * Weights of all classes, float32 [classes], which sum to 1; empty for a generator without classes, whatever is asked for.
 *
 * Throws UserError for a class that there is not, and for weights below 0 or all 0.
 */
export function classWeights(wanted: ClassWeights, classes: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(classes);
  if (classes === 0) return all;
  const parts = typeof wanted === 'number' ? [{ class: wanted, weight: 1 }] : wanted;
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0 && Number.isFinite(total)) || parts.some(({ weight }) => weight < 0)) {
    throw new UserError(
      `classes: the weights are ${parts.map(({ weight }) => weight).join(', ') || 'none'}; expected numbers of 0 or more, ` +
        'and at least one above 0.',
    );
  }
  for (const { class: label, weight } of parts) {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new UserError(`classes: there is no class ${label}; expected a number from 0 to ${classes - 1}.`);
    }
    all[label] = (all[label] ?? 0) + weight / total;
  }
  return all;
}
