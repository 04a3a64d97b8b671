/** What a run carries beside its state, as its checkpoints hold it. */

import { z } from 'zod';
import { FormatError } from '../base/errors.ts';
import { watchMemorySchema } from './watch.ts';

const rate = z.number().positive();

const progressSchema = z.strictObject({
  /** How often the run has gone back to an earlier step. */
  branch: z.int().min(0),
  /** The step that it last went back to. */
  origin: z.int().min(0),
  watch: watchMemorySchema,
  /** Base learning rates, where they are not the config's any more. */
  learningRates: z.strictObject({ generator: rate, discriminator: rate }).exactOptional(),
});

export type Progress = z.infer<typeof progressSchema>;

/** Reads the progress of a checkpoint; undefined where it has none. Throws FormatError where it is another version's. */
export function readProgress(value: unknown, file: string): Progress | undefined {
  if (value === undefined) return undefined;
  const progress = progressSchema.safeParse(value);
  if (progress.success) return progress.data;
  throw new FormatError(
    file,
    `"training" is not what this version of Sagan writes: ${z.prettifyError(progress.error)}`,
  );
}
