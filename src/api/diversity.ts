/** How much variety truncation leaves. */

import { Random } from '../base/random.ts';
import type { BoundModel } from '../gan/index.ts';
import { type ClassWeights, classWeights, type Generator, generateAll, latents } from '../sample/index.ts';

export interface DiversityOptions {
  /** Which of the two ways ψ is. Truncation is for latents from N(0, 1). */
  readonly kind: 'truncation' | 'scale';
  readonly values: readonly number[];
  /** Of all images; default: as the classes come, so that only images of the same class are compared. */
  readonly classes?: ClassWeights | undefined;
  /** Images at each ψ. */
  readonly count: number;
  readonly seed: number;
}

export interface Diversity {
  /** Undefined: whole latents. */
  readonly psi: number | undefined;
  /** Mean over pairs of images of the root of their mean squared difference of pixels, in steps of 255. */
  readonly meanDistance: number;
  /** In terms of that of whole latents. */
  readonly share: number;
}

/**
 * The mean distance between images at each ψ, beside that of whole latents, which comes first. All of them show the same
 * latents, but for what ψ does to them, so that the noise of the choice is nearly the same in all.
 *
 * Distances of pixels say how unlike pictures look, not how unlike their contents are: a digit that is moved counts as
 * another. For one model and small changes that is enough to see variety go. Throws UserError as `latents` does.
 */
export async function measureDiversity(
  generator: Generator,
  { kind, values, classes, count, seed }: DiversityOptions,
  progress: (done: number, total: number) => Promise<void>,
): Promise<Diversity[]> {
  const { model } = generator;
  const labels = classes === undefined ? labelsFor(model, count, seed) : new Array<number>(count).fill(0);
  const measured: { psi: number | undefined; meanDistance: number }[] = [];
  const all = [undefined, ...values];
  for (const [done, psi] of all.entries()) {
    const z = latents(seed, count, model, { [kind]: psi });
    const sources = labels.map((label, n) => ({
      z: z.slice(n * model.latentDim, (n + 1) * model.latentDim),
      weights: classWeights(classes ?? label, model.images.classes),
    }));
    const images = await generateAll(generator, sources, (made, total) =>
      progress(done * total + made, all.length * total),
    );
    measured.push({ psi, meanDistance: meanDistance(images, labels) });
  }
  const whole = measured[0]?.meanDistance ?? 0;
  return measured.map((one) => ({ ...one, share: whole === 0 ? 1 : one.meanDistance / whole }));
}

/** A few classes with many images each hold more pairs than many with few. */
const mostClasses = 8;

function labelsFor({ images: { classes } }: BoundModel, count: number, seed: number): number[] {
  const most = Math.min(mostClasses, Math.floor(count / 2));
  const chosen = new Random(seed, 'diversity').permutation(Math.max(1, classes)).slice(0, most);
  return Array.from({ length: count }, (_, n) => chosen[n % chosen.length] ?? 0);
}

/** Over the pairs with equal labels. */
function meanDistance(images: Uint8Array, labels: readonly number[]): number {
  const count = labels.length;
  const size = images.length / count;
  let sum = 0;
  let pairs = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      if (labels[a] !== labels[b]) continue;
      let squares = 0;
      for (let i = 0; i < size; i++) squares += ((images[a * size + i] ?? 0) - (images[b * size + i] ?? 0)) ** 2;
      sum += Math.sqrt(squares / size);
      pairs += 1;
    }
  }
  return sum / pairs;
}
