/** What pages ask a generator for: points of latent space, and classes. */

import { z } from 'zod';

/**
 * A point of latent space, as `LatentPoint` of `src/sample/latent-point.ts` describes it; `latentOf` there gives its
 * latent. (x, y) = (i, 0) is latent number i of the seed, as `sagan sample --seed` draws it.
 */
const latentSchema = z.strictObject({
  seed: z.int().min(0).default(0),
  x: z.number().min(-1e6).max(1e6).default(0),
  y: z.number().min(-1e6).max(1e6).default(0),
  /** ψ, of one of two kinds: coordinates beyond ±truncation are drawn again, or all are multiplied by scale. */
  truncation: z.number().positive().optional(),
  scale: z.number().positive().optional(),
  /** Steps along the directions that the task `directions` finds. */
  directions: z
    .array(z.strictObject({ direction: z.int().min(0), amount: z.number() }))
    .max(64)
    .default([]),
  /** Coordinates that are set to a value, whatever else the point says. */
  coordinates: z
    .array(z.strictObject({ coordinate: z.int().min(0), value: z.number() }))
    .max(64)
    .default([]),
});

/** One class, or weights of several, of which only the proportions count. Without classes it does not matter. */
export const classWeightsSchema = z.union([
  z.int().min(0),
  z.array(z.strictObject({ class: z.int().min(0), weight: z.number().min(0) })).min(1),
]);

/** One number of a point that moves from −reach to reach: an amount along a direction, or the value of a coordinate. */
const traversalSchema = z.strictObject({
  what: z.enum(['direction', 'coordinate']),
  number: z.int().min(0),
  reach: z.number().positive(),
});

/** Rows of walks, as `WalkRequest` of `src/api/walk.ts` describes them. */
export const walkSchema = z.strictObject({
  points: z.array(latentSchema).min(1).max(32),
  classes: z.array(classWeightsSchema).min(1).max(32).optional(),
  rows: z.array(classWeightsSchema).min(1).max(32).optional(),
  traversals: z.array(traversalSchema).max(32).default([]),
  columns: z.int().min(1).max(16).default(1),
  frames: z.int().min(1).max(600),
  loop: z.boolean().default(false),
});

/** What one image is made of. */
export const pointSchema = z.strictObject({ latent: latentSchema, classes: classWeightsSchema.default(0) });

export type Point = z.output<typeof pointSchema>;
