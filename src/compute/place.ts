/** Which model a task is about. */

import { z } from 'zod';

/** A run of the studio's folder, by name, and one of its checkpoints. */
export const placeSchema = z.strictObject({
  run: z.string().min(1),
  checkpoint: z.union([z.literal('newest'), z.literal('best'), z.int().min(0)]).default('newest'),
});

export type Place = z.output<typeof placeSchema>;
