/** How much variety truncation leaves: a hint beside its slider. */

import { z } from 'zod';
import { measureDiversity } from '../../api/diversity.ts';
import { openMixer } from '../explorer.ts';
import { classWeightsSchema } from '../latent.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

export const diversityTask = task({
  request: z.strictObject({
    place: placeSchema,
    kind: z.enum(['truncation', 'scale']),
    values: z.array(z.number().positive()).min(1).max(16),
    classes: classWeightsSchema.optional(),
    count: z.int().min(8).max(256).default(64),
  }),
  async run({ place, ...asked }, context) {
    const { config } = context.open(place);
    const measured = await context.remember(place, JSON.stringify(['diversity', asked]), async () => {
      const generator = await openMixer(place, context, asked.count);
      return measureDiversity(generator, { ...asked, seed: config.seed }, (done, total) =>
        context.progress(done, total, 'Comparing images'),
      );
    });
    return {
      /** Whole latents (`psi` undefined) first, then in the order of `values`; distances in steps of 255. */
      measured,
      count: asked.count,
    };
  },
});
