/** What can be asked of a run while it trains, and how a request reads on disk. */

import { z } from 'zod';

const rate = z.number().positive();

const controlSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('pause') }),
  z.strictObject({ do: z.literal('continue') }),
  z.strictObject({ do: z.literal('advance'), steps: z.int().positive() }),
  z
    .strictObject({ do: z.literal('learningRates'), generator: rate.optional(), discriminator: rate.optional() })
    .refine(
      ({ generator, discriminator }) => generator !== undefined || discriminator !== undefined,
      'expected a rate for "generator", for "discriminator", or for both',
    ),
  z.strictObject({ do: z.literal('sample') }),
  z.strictObject({ do: z.literal('checkpoint') }),
  z.strictObject({ do: z.literal('stop') }),
]);

/** One thing that is asked of a trainer; it is done after the step in progress. */
export type Control =
  | { readonly do: 'pause' }
  | { readonly do: 'continue' }
  /** Trains so many steps and then pauses. */
  | { readonly do: 'advance'; readonly steps: number }
  /** The base learning rates from the next step on, instead of the config's; what is left out stays. */
  | {
      readonly do: 'learningRates';
      readonly generator?: number | undefined;
      readonly discriminator?: number | undefined;
    }
  | { readonly do: 'sample' }
  | { readonly do: 'checkpoint' }
  /** Saves and ends. */
  | { readonly do: 'stop' };

/** Base learning rates of both networks: those of the optimisers, before the factor of a branch and their decay. */
export interface LearningRates {
  readonly generator: number;
  readonly discriminator: number;
}

/** The request that a value stands for, or in words what is wrong with it. */
export function parseControl(value: unknown): Control | string {
  const control = controlSchema.safeParse(value);
  return control.success ? control.data : z.prettifyError(control.error).replaceAll('\n', ' ');
}
