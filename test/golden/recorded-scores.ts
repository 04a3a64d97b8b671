/** What published programs score, as `test/reference/scores.json` holds it, and the features that they were given. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type FeatureRows, memoryRows } from '../../src/metrics/features/feature-rows.ts';
import { RandomState } from '../../src/metrics/math/random-state.ts';

const drawnSchema = z.object({
  seed: z.number(),
  shape: z.tuple([z.number(), z.number()]),
  scale: z.number(),
  shift: z.number(),
});
const sets = { program: z.string(), images: drawnSchema, reference: drawnSchema };

/** The cases of each score. */
export const recordedScores = z
  .object({
    randomState: z.array(
      z.object({ seed: z.number(), length: z.number(), first: z.array(z.number()), sha256: z.string() }),
    ),
    inceptionScore: z.array(
      z.object({
        program: z.string(),
        logits: drawnSchema,
        splits: z.number(),
        shuffleSeed: z.number().nullable(),
        spreadDdof: z.literal([0, 1]),
        mean: z.number(),
        spread: z.number().nullable(),
      }),
    ),
    kernelDistance: z.array(
      z.object({
        ...sets,
        subsets: z.number(),
        subsetSize: z.number(),
        shrinks: z.boolean(),
        seed: z.number(),
        firstDrawn: z.literal(['images', 'reference']),
        mean: z.number(),
        spread: z.number().optional(),
      }),
    ),
    neighbourhoods: z.array(
      z.object({
        ...sets,
        neighbours: z.number(),
        precision: z.number(),
        recall: z.number(),
        fScore: z.number().optional(),
        density: z.number().optional(),
        coverage: z.number().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../reference/scores.json', import.meta.url), 'utf8')));

/** The numbers of a set, float32 [N,D], as make_scores.py draws them: sums of four uniform numbers. */
export function drawn({ seed, shape, scale, shift }: z.infer<typeof drawnSchema>): Float32Array {
  const random = new RandomState(seed);
  return Float32Array.from({ length: shape[0] * shape[1] }, () => {
    const words = random.uint32() + random.uint32() + random.uint32() + random.uint32();
    return (words / 2 ** 32 - 2) * scale + shift;
  });
}

export function drawnRows(set: z.infer<typeof drawnSchema>): FeatureRows {
  return memoryRows(drawn(set), set.shape[1]);
}

export function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE);
}
