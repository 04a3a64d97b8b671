/** Latents: where samples come from, boards that show a run's progress, and the ways between two latents. */
import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';

/**
 * Latents number `first` … `first + count − 1` of a seed: float32 [count, latentDim], each element from N(0, 1).
 * A latent depends on its seed and number only, so samples do not change with the size of the batches they are made in.
 */
export function latents(seed: number, count: number, latentDim: number, first = 0): Float32Array<ArrayBuffer> {
  const z = new Float32Array(count * latentDim); // [count, Z]
  for (let i = 0; i < count; i++) z.set(new Random(seed, 'sample', first + i).normal(latentDim), i * latentDim);
  return z;
}

export interface BoardOptions {
  readonly rows: number;
  readonly columns: number;
  /** 0 for a generator without labels. */
  readonly numClasses: number;
  readonly latentDim: number;
}

export interface Board {
  /** float32 [rows · columns, latentDim], row by row. */
  readonly z: Float32Array<ArrayBuffer>;
  /** int32 [rows · columns]; all 0 without labels. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/**
 * The latents that a run draws again and again to show its progress.
 *
 * With labels a row is a class and a column a latent, so that a column shows one latent in every class; rows beyond the
 * last class begin again at class 0 with new latents. Without labels every cell has a latent of its own.
 */
export function board(seed: number, { rows, columns, numClasses, latentDim }: BoardOptions): Board {
  const z = new Float32Array(rows * columns * latentDim); // [rows · columns, Z]
  const labels = new Int32Array(rows * columns);
  const rowsPerLatent = Math.max(1, numClasses);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / rowsPerLatent) * columns;
    z.set(latents(seed, columns, latentDim, first), row * columns * latentDim);
    labels.fill(row % rowsPerLatent, row * columns, (row + 1) * columns);
  }
  return { z, labels };
}

/** The point `t` of the way from `a` (t = 0) to `b` (t = 1) on a straight line. Throws UserError on unequal lengths. */
export function lerp(a: Float32Array, b: Float32Array, t: number): Float32Array<ArrayBuffer> {
  return combine(a, b, 1 - t, t);
}

/**
 * The point `t` of the way from `a` (t = 0) to `b` (t = 1) on the arc between them, so that latents in between keep a
 * length that N(0, 1) makes likely. Where the arc is undefined (parallel, opposite or zero latents) the straight line.
 *
 * Source: Shoemake 1985, "Animating rotation with quaternion curves"; for latents White 2016, arXiv:1609.04468.
 * Throws UserError on unequal lengths.
 */
export function slerp(a: Float32Array, b: Float32Array, t: number): Float32Array<ArrayBuffer> {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  // Also true of NaN, which is the cosine of a zero latent.
  if (!(sine > 1e-6)) return lerp(a, b, t);
  return combine(a, b, Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function combine(a: Float32Array, b: Float32Array, weightA: number, weightB: number): Float32Array<ArrayBuffer> {
  if (a.length !== b.length) {
    throw new UserError(
      `interpolation: the latents have ${a.length} and ${b.length} elements; expected equal lengths. ` +
        'Take both from generators with the same latentDim.',
    );
  }
  return Float32Array.from(a, (value, i) => weightA * value + weightB * (b[i] ?? 0));
}
