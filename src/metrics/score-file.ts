/** Files of scores: `scores/*.json` of a run, and what `sagan evaluate --json` prints. */

import { z } from 'zod';
import { FormatError } from '../base/errors.ts';
import { normalizationNames, resizerNames } from './images/preprocessing.ts';
import type { ScoreFile } from './passport.ts';

const origin = z.strictObject({
  name: z.string(),
  count: z.number(),
  sha256: z.string(),
  generator: z
    .strictObject({
      step: z.number(),
      network: z.enum(['ema.G', 'G']),
      batchNorm: z.string(),
      truncation: z.number().exactOptional(),
      scale: z.number().exactOptional(),
      seed: z.number(),
    })
    .exactOptional(),
});

const passport = z
  .strictObject({
    metric: z.string(),
    protocol: z.string(),
    features: z.strictObject({
      network: z.string(),
      weightsSha256: z.string(),
      resizer: z.enum([...resizerNames, 'none']),
      clip: z.boolean(),
      normalization: z.enum([...normalizationNames, 'none']),
    }),
    parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    images: origin,
    reference: origin.exactOptional(),
    warnings: z.array(z.string()),
    software: z.string(),
  })
  .transform((read) => ({ reference: undefined, ...read })); // JSON leaves out what is undefined.

const score = z.strictObject({
  value: z.number(),
  spread: z.number().exactOptional(),
  better: z.enum(['lower', 'higher']),
  perClass: z.array(z.number().nullable()).exactOptional(),
  passport,
});

const scoreFile = z.strictObject({
  formatVersion: z.literal(1),
  scores: z.array(score),
  classNames: z.array(z.string()).exactOptional(),
  confusion: z.array(z.array(z.number())).exactOptional(),
});

/**
 * Reads a file of scores from its text. `where` is what messages call it.
 *
 * Throws FormatError that names the first field that is missing, unknown or of another form.
 */
export function parseScoreFile(json: string, where: string): ScoreFile {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    throw new FormatError(where, `not JSON (${error instanceof Error ? error.message : error}); ${remedy}`);
  }
  const parsed = scoreFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') ?? '';
  throw new FormatError(where, `${field === '' ? '' : `"${field}": `}${issue?.message}; ${remedy}`);
}

const remedy = 'expected a file of scores as "sagan evaluate" writes it. Choose another, or score anew.';

/**
 * The bytes of a file of scores, as `parseScoreFile` reads them.
 *
 * Throws RangeError for a number that is not finite, which JSON would spell null.
 */
export function scoreFileBytes(file: ScoreFile): Uint8Array {
  const text = JSON.stringify(
    file,
    (key, value: unknown) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return value;
      throw new RangeError(`scoreFileBytes: ${key} is ${value}; expected finite numbers.`);
    },
    2,
  );
  return Buffer.from(`${text}\n`);
}
