/** Latents: where samples come from, boards that show a run's progress, and the ways between two latents. */
import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { BoundModel } from '../gan/index.ts';

/** The latents that a generator was trained with: how many coordinates, and whether from N(0, 1) or U(−1, 1). */
export type LatentSpace = Pick<BoundModel, 'latentDim' | 'latents'>;

/** Less variety for better images: one of two ways, or neither. */
export interface LatentNarrowing {
  /**
   * A coordinate of N(0, 1) beyond ±truncation is drawn again until it is within: the truncation trick of Brock, Donahue,
   * Simonyan 2019, arXiv:1809.11096, section 3.1. More than 0.
   */
  readonly truncation?: number | undefined;
  /** Every coordinate is multiplied by this: what BigGAN-PyTorch draws its truncation curves with. More than 0. */
  readonly scale?: number | undefined;
}

export interface LatentOptions extends LatentNarrowing {
  /** Number of the first latent. Default 0. */
  readonly first?: number;
  /** Name of the random stream: streams of other names hold other latents. Default `sample`. */
  readonly stream?: string;
}

/**
 * `count` latents of a seed, float32 [count, latentDim].
 *
 * A latent depends on its seed, stream and number only, so samples do not change with the size of the batches they are
 * made in. Truncation leaves coordinates that are within ±truncation as they are. Throws UserError for a narrowing that
 * is none, for both at once, and for truncated uniform latents.
 */
export function latents(
  seed: number,
  count: number,
  space: LatentSpace,
  options: LatentOptions = {},
): Float32Array<ArrayBuffer> {
  requireNarrowing(space, options);
  const { first = 0, stream = 'sample', truncation, scale = 1 } = options;
  const { latentDim } = space;
  const z = new Float32Array(count * latentDim); // [count, Z]
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, stream, first + i);
    const latent =
      space.latents === 'normal'
        ? random.normal(latentDim)
        : Float32Array.from({ length: latentDim }, () => 2 * random.uniform() - 1);
    const coordinate = (value: number, k: number) => {
      if (truncation === undefined || Math.abs(value) <= truncation) return value * scale;
      return truncatedNormal(new Random(seed, `${stream}, drawn again`, (first + i) * latentDim + k), truncation);
    };
    z.set(latent.map(coordinate), i * latentDim);
  }
  return z;
}

/**
 * A draw from N(0, 1) on the condition that it is within ±bound, which is what drawing until it is comes to. Candidates
 * are uniform within the bound and kept with the density's share of its peak, so that a small bound costs no more draws
 * than a large one, and the same random numbers give a draw that shrinks with the bound.
 */
function truncatedNormal(random: Random, bound: number): number {
  for (;;) {
    const value = bound * (2 * random.uniform() - 1);
    if (random.uniform() < Math.exp(-(value ** 2) / 2)) return value;
  }
}

function requireNarrowing(space: LatentSpace, { truncation, scale }: LatentNarrowing): void {
  for (const [name, value] of Object.entries({ truncation, scale })) {
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
      throw new UserError(
        `latents: ${name} is ${value}; expected a number above 0, such as 0.5. Leave it out for none.`,
      );
    }
  }
  if (truncation === undefined) return;
  if (scale !== undefined) {
    throw new UserError(
      `latents: both truncation (${truncation}) and scale (${scale}) are given; expected one of them. Leave one out.`,
    );
  }
  if (space.latents === 'uniform') {
    throw new UserError(
      `latents: truncation is ${truncation}, but this model's latents are uniform on −1 … 1; only those from N(0, 1), ` +
        'which has tails, are truncated. Use scale instead.',
    );
  }
}

export interface BoardOptions extends LatentNarrowing {
  readonly rows: number;
  readonly columns: number;
  /** 0 for a generator without labels. */
  readonly numClasses: number;
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
 * last class begin again at class 0 with new latents. Without labels every cell has a latent of its own. Throws UserError
 * as `latents` does.
 */
export function board(seed: number, space: LatentSpace, options: BoardOptions): Board {
  const { rows, columns, numClasses, ...narrowing } = options;
  const z = new Float32Array(rows * columns * space.latentDim); // [rows · columns, Z]
  const labels = new Int32Array(rows * columns);
  const rowsPerLatent = Math.max(1, numClasses);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / rowsPerLatent) * columns;
    z.set(latents(seed, columns, space, { ...narrowing, first }), row * columns * space.latentDim);
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
