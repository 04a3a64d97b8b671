/** What the process that trains a run of an ablation and the one that starts it say to each other. */

import { z } from 'zod';

/** What the process is started with, as its only argument. */
export const jobSchema = z.strictObject({
  out: z.string(),
  resume: z.boolean(),
  preset: z.string().optional(),
  data: z.string().optional(),
  settings: z.array(z.string()).optional(),
  seed: z.int().optional(),
  steps: z.int(),
  threads: z.int(),
});
export type Job = z.infer<typeof jobSchema>;

/** What the process tells. */
export const newsSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('step'), step: z.int() }),
  z.strictObject({ type: z.literal('finished'), step: z.int(), reason: z.string() }),
  z.strictObject({ type: z.literal('failed'), message: z.string() }),
]);
export type News = z.infer<typeof newsSchema>;

/** The one thing that the process is told: to stop after the step in progress, and save. */
export const stopMessage = 'stop';
