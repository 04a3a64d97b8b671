/** One image of a dataset: the file as it is, the square that is taken of it, and what training gets. */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { planesToPng } from '../../data/index.ts';
import { datasetSourceSchema, openSource, toDataUrl } from '../dataset-source.ts';
import { task } from '../task.ts';

const mostSide = 640;

export const datasetOriginalTask = task({
  request: z.strictObject({ source: datasetSourceSchema, index: z.int().min(0) }),
  async run({ source, index }, context) {
    const { dataset, originals } = await openSource(source, context);
    if (index >= dataset.count) {
      throw new UserError(`dataset ${dataset.name}: there is no image ${index}; expected 0 to ${dataset.count - 1}.`);
    }
    const { resolution, classNames } = dataset;
    const label = dataset.label(index);
    return {
      index,
      label,
      className: classNames[label],
      resolution,
      seen: toDataUrl(await planesToPng(dataset.image(index), resolution, resolution)),
      /** Undefined where images have no other form. */
      original: originals && {
        ...originals.at(index),
        picture: toDataUrl(await originals.picture(index, mostSide)),
      },
    };
  },
});
