/** What there is to explore in a run: its images, classes, latents and checkpoints. */

import { z } from 'zod';
import { attentionBlockNames } from '../../api/attention-network.ts';
import { statedImages } from '../../api/run-model.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

export const modelTask = task({
  request: z.strictObject({ place: placeSchema }),
  async run({ place }, { open, remember }) {
    const { config, model, checkpoint, refused } = open(place);
    return {
      model: model.name,
      step: checkpoint.step,
      images: statedImages(config),
      latentDim: model.latentDim,
      latents: model.latents,
      /** The seed of the run's own sample sheets. */
      seed: config.seed,
      dataset: config.data.source,
      /** Names of the attention blocks, in the order of the networks. */
      attention: await remember(place, 'attention, names', async () => attentionBlockNames(model)),
      /** Newer checkpoints that are damaged, in words. */
      refused: refused.map(({ folder, reason }) => `${folder}: ${reason}`),
    };
  },
});
