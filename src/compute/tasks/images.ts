/** Images of points: what somebody who drags through latent space sees. */

import { z } from 'zod';
import { namesDirections } from '../../api/walk.ts';
import { walkCommand } from '../../api/walk-command.ts';
import { classWeights, generateAll, latentOf } from '../../sample/index.ts';
import { directionsFor, openMixer, pictureOf } from '../explorer.ts';
import { pointSchema } from '../latent.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

export const imagesTask = task({
  request: z.strictObject({ place: placeSchema, points: z.array(pointSchema).min(1).max(256) }),
  async run({ place, points }, context) {
    const { model, run, checkpoint } = context.open(place);
    const latents = points.map(({ latent }) => latent);
    const directions = await directionsFor(place, context, namesDirections({ points: latents }));
    const sources = points.map(({ latent, classes }) => ({
      z: latentOf(latent, model, directions),
      weights: classWeights(classes, model.images.classes),
    }));
    const generator = await openMixer(place, context, points.length);
    const images = await generateAll(generator, sources, (done, total) =>
      context.progress(done, total, 'Making images'),
    );
    const size = images.length / points.length;
    const classes = points.map((point) => point.classes);
    const isOneClass = new Set(classes.map((of) => JSON.stringify(of))).size === 1;
    const request = {
      points: latents,
      ...(model.images.classes > 0 && { classes: isOneClass ? classes.slice(0, 1) : classes }),
      frames: points.length,
      loop: false,
    };
    return {
      step: checkpoint.step,
      /** `data:` addresses of PNGs, a pixel a pixel, in the order of the points. */
      pictures: await Promise.all(
        points.map((_, n) => pictureOf(images.subarray(n * size, (n + 1) * size), model.images)),
      ),
      command: walkCommand(run.path, request, { checkpoint: checkpoint.step, out: 'points.png' }),
    };
  },
});
