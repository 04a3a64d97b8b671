/** Ways through latent space: what a picture that moves, or a row of pictures, is made of. */

import { type ClassWeights, classWeights } from './class-weights.ts';
import type { Generator } from './generator.ts';
import { type LatentPoint, latentOf } from './latent-point.ts';
import { type LatentSpace, lerp, slerp } from './latents.ts';
import { toBytes } from './to-bytes.ts';

/** An image before it is made. */
export interface ImageSource {
  /** float32 [Z] */
  readonly z: Float32Array<ArrayBuffer>;
  /** float32 [K], empty without classes. */
  readonly weights: Float32Array<ArrayBuffer>;
}

/** What a walk passes; of one place and one class it is a still. */
export interface WalkKeys {
  readonly points: readonly LatentPoint[];
  /** Passed at the same times, the first with the first point; the shorter list begins again. */
  readonly classes: readonly ClassWeights[];
}

export interface WalkTiming {
  /** Images in all, 1 or more. */
  readonly frames: number;
  /** Whether the last image leads on to the first. Else it is that of the last key. */
  readonly loop: boolean;
}

/**
 * The images of a walk from key to key, in steps of equal length: between latents from N(0, 1) on the arc (`slerp`), between
 * uniform ones on the straight line, which stays in their range; between classes by weights.
 *
 * Throws UserError as `latentOf` and `classWeights` do.
 */
export function walk(
  { points, classes }: WalkKeys,
  { frames, loop }: WalkTiming,
  { space, numClasses, directions = [] }: WalkSetting,
): ImageSource[] {
  const keys = Array.from({ length: Math.max(points.length, classes.length) }, (_, i): ImageSource => {
    const point = points[i % points.length] ?? { seed: 0 };
    return {
      z: latentOf(point, space, directions),
      weights: classWeights(classes[i % classes.length] ?? 0, numClasses),
    };
  });
  const between = space.latents === 'normal' ? slerp : lerp;
  return times({ frames, loop }, keys.length).map(({ from, to, t }) => {
    const [a, b] = [keys[from], keys[to]];
    if (a === undefined || b === undefined) throw new RangeError(`walk: ${keys.length} keys; expected one or more.`);
    if (t === 0) return a;
    return { z: between(a.z, b.z, t), weights: lerp(a.weights, b.weights, t) };
  });
}

export interface WalkSetting {
  readonly space: LatentSpace;
  /** 0 for a generator without classes. */
  readonly numClasses: number;
  /** Those that points may name, each float32 [Z]. */
  readonly directions?: readonly Float32Array[] | undefined;
}

/** Between which keys each image lies, and at which share of the way. */
function times({ frames, loop }: WalkTiming, keys: number): { from: number; to: number; t: number }[] {
  const ways = loop ? keys : keys - 1;
  const steps = loop ? frames : Math.max(1, frames - 1);
  return Array.from({ length: frames }, (_, frame) => {
    const at = (frame * ways) / steps;
    const from = Math.floor(at);
    return { from: from % keys, to: (from + 1) % keys, t: at - from };
  });
}

/** One number of a point that is moved through a range, while the rest stays. */
export interface Traversal {
  readonly what: 'direction' | 'coordinate';
  readonly number: number;
  /** From −reach to reach: added along a direction, set for a coordinate. */
  readonly reach: number;
}

/**
 * The values of a traversal, from −reach to reach; in a loop there and back, without a jerk at the ends. One image alone
 * shows the middle.
 */
export function traversalValues(reach: number, { frames, loop }: WalkTiming): number[] {
  if (frames === 1) return [0];
  return Array.from({ length: frames }, (_, frame) =>
    loop ? -reach * Math.cos((2 * Math.PI * frame) / frames) : reach * ((2 * frame) / (frames - 1) - 1),
  );
}

/** The images of a traversal at a point. Throws UserError as `latentOf` and `classWeights` do. */
export function traverse(
  point: LatentPoint,
  classes: ClassWeights,
  { what, number, reach }: Traversal,
  timing: WalkTiming,
  { space, numClasses, directions = [] }: WalkSetting,
): ImageSource[] {
  const weights = classWeights(classes, numClasses);
  return traversalValues(reach, timing).map((value) => {
    const moved: LatentPoint =
      what === 'direction'
        ? { ...point, directions: [...(point.directions ?? []), { direction: number, amount: value }] }
        : { ...point, coordinates: [...(point.coordinates ?? []), { coordinate: number, value }] };
    return { z: latentOf(moved, space, directions), weights };
  });
}

/** Images between two calls of `progress`. */
const atOnce = 64;

/**
 * Makes images, uint8 [N,C,H,W]. The generator must have been opened for weights of classes. `progress` is awaited before
 * each part, and ends it all if it throws. Throws UserError as `toBytes` does.
 */
export async function generateAll(
  generator: Generator,
  sources: readonly ImageSource[],
  progress: (done: number, total: number) => Promise<void> = async () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { latentDim, images } = generator.model;
  const { classes, channels, resolution } = images;
  const size = channels * resolution ** 2;
  const made = new Uint8Array(sources.length * size);
  for (let first = 0; first < sources.length; first += atOnce) {
    await progress(first, sources.length);
    const part = sources.slice(first, first + atOnce);
    const z = new Float32Array(part.length * latentDim);
    const weights = new Float32Array(part.length * classes);
    for (const [n, source] of part.entries()) {
      z.set(source.z, n * latentDim);
      weights.set(source.weights, n * classes);
    }
    made.set(toBytes((await generator.generate(z, weights)).images), first * size);
  }
  return made;
}
