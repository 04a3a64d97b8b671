/** LPIPS and path lengths, as `test/reference/perceptual.json` holds them, and the numbers that they were made from. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { interpolations } from '../../src/metrics/scores/latent-steps.ts';

const definition = z.object({
  epsilon: z.number(),
  interpolation: z.literal(interpolations),
  discard: z
    .tuple([z.number(), z.number()])
    .nullable()
    .transform((percentiles) => percentiles ?? undefined),
  quantized: z.boolean(),
  seed: z.number(),
});

export const recordedPerceptual = z
  .object({
    lpips: z.array(
      z.object({ size: z.number(), resolution: z.number(), seed: z.number(), distances: z.array(z.number()) }),
    ),
    paths: z.array(
      z.object({
        definition,
        count: z.number(),
        latents: z.number(),
        classes: z.number(),
        ends: z.array(z.number()),
        labels: z.array(z.number()),
        kept: z.number(),
        zeros: z.number(),
        mean: z.number(),
        spread: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../reference/perceptual.json', import.meta.url), 'utf8')));

/** Numbers of [−1/2, 1/2), as `make_perceptual.py` draws them. */
export function hashed(count: number, seed: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let x = Math.imul(i, 0x9e3779b1) + seed;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  });
}
