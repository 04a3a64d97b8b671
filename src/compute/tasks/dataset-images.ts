/** Some images of a dataset as training sees them. */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { planesToPng } from '../../data/index.ts';
import { datasetSourceSchema, openSource, toDataUrl } from '../dataset-source.ts';
import { task } from '../task.ts';

export const datasetImagesTask = task({
  request: z.strictObject({
    source: datasetSourceSchema,
    /** Index of a class; left out: all. */
    class: z.int().min(0).optional(),
    /** How many of these images come before. */
    from: z.int().min(0).default(0),
    count: z.int().min(1).max(200),
  }),
  async run({ source, class: label, from, count }, context) {
    const { dataset, originals } = await openSource(source, context);
    if (label !== undefined && label >= dataset.classNames.length) {
      const classes = dataset.classNames.length;
      throw new UserError(
        `dataset ${dataset.name}: there is no class ${label}; expected ${classes === 0 ? 'none, as it has no classes' : `0 to ${classes - 1}`}.`,
      );
    }
    const indices: number[] = [];
    let total = 0;
    for (let index = 0; index < dataset.count; index++) {
      if (label !== undefined && dataset.label(index) !== label) continue;
      if (total >= from && indices.length < count) indices.push(index);
      total++;
    }
    const images = await Promise.all(
      indices.map(async (index) => ({
        index,
        label: dataset.label(index),
        path: originals?.at(index).path,
        picture: toDataUrl(await planesToPng(dataset.image(index), dataset.resolution, dataset.resolution)),
      })),
    );
    return { total, images };
  },
});
