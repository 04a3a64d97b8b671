/** Directions of latent space that were found without labels. */

import { z } from 'zod';
import { keptDirections } from '../explorer.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

export const directionsTask = task({
  request: z.strictObject({ place: placeSchema, count: z.int().min(1).max(512).default(10) }),
  async run({ place, count }, context) {
    const { directions, layers } = await keptDirections(place, context);
    const total = directions.reduce((sum, { eigenvalue }) => sum + eigenvalue, 0);
    return {
      latentDim: directions.length,
      /** Paths of the layers whose weights were looked at. */
      layers,
      /** The strongest first; points name them by their number. `share` is of the sum of all eigenvalues. */
      directions: directions
        .slice(0, count)
        .map(({ eigenvalue }, number) => ({ number, eigenvalue, share: total === 0 ? 0 : eigenvalue / total })),
    };
  },
});
