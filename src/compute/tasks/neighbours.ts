/** The training images that are most like a generated one. */

import { z } from 'zod';
import { classifierOf, featureMeasure, type ImageMeasure, nearestImages, pixelMeasure } from '../../api/neighbours.ts';
import { namesDirections } from '../../api/walk.ts';
import { holdOut, planesToPng } from '../../data/index.ts';
import { classWeights, generateAll, latentOf } from '../../sample/index.ts';
import { openSource, toDataUrl } from '../dataset-source.ts';
import { directionsFor, openMixer, pictureOf } from '../explorer.ts';
import { pointSchema } from '../latent.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

export const neighboursTask = task({
  request: z.strictObject({
    place: placeSchema,
    point: pointSchema,
    count: z.int().min(1).max(64).default(8),
    /** `features` where the dataset has a classifier that comes with Sagan; the answer says by what it was. */
    by: z.enum(['pixels', 'features']).default('pixels'),
  }),
  async run({ place, point: { latent, classes }, count, by }, context) {
    const { model, config } = context.open(place);
    const { flip, source, holdOut: share } = config.data;
    const directions = await directionsFor(place, context, namesDirections({ points: [latent] }));
    const generator = await openMixer(place, context, 1);
    const one = {
      z: latentOf(latent, model, directions),
      weights: classWeights(classes, model.images.classes),
    };
    const image = await generateAll(generator, [one]);
    const opened = await openSource({ of: 'run', run: place.run, look: 0 }, context);
    const parts = share === 0 ? undefined : holdOut(opened.dataset, share, flip);
    const dataset = parts?.training ?? opened.dataset;
    const classifier = classifierOf(source);
    const measure: ImageMeasure =
      by === 'features' && classifier !== undefined
        ? await context.keep(undefined, JSON.stringify(['features', classifier, config.data]), () =>
            featureMeasure(context.runtime, dataset, classifier, (done, total) =>
              context.progress(done, total, 'Seeing the training images'),
            ),
          )
        : pixelMeasure(dataset);
    const comparing = (done: number, total: number) => context.progress(done, total, 'Comparing images');
    const nearest = await nearestImages(measure, image, { count, flip }, comparing);
    const [first] = nearest;
    const among =
      first === undefined
        ? []
        : await nearestImages(measure, dataset.image(first.index), { count: 1, flip, except: first.index }, comparing);
    const { resolution } = dataset;
    return {
      by: measure.by,
      canCompareFeatures: classifier !== undefined,
      picture: await pictureOf(image, model.images),
      compared: dataset.count,
      neighbours: await Promise.all(
        nearest.map(async ({ index, distance, isMirrored }) => ({
          /** In the whole dataset, held out images among them. */
          index: parts?.trainingIndices[index] ?? index,
          label: dataset.label(index),
          className: dataset.classNames[dataset.label(index)],
          distance,
          isMirrored,
          picture: toDataUrl(await planesToPng(dataset.image(index), resolution, resolution)),
        })),
      ),
      /** From the nearest image to the training image nearest to it: a copy is much nearer than real images are to each other. */
      distanceBetweenReal: among[0]?.distance,
    };
  },
});
