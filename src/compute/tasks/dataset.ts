/** What the loader sees of a dataset. */

import { z } from 'zod';
import { datasetSourceSchema, openSource, settingsOf } from '../dataset-source.ts';
import { task } from '../task.ts';

/** A page lists so many; a dataset may have thousands. */
const mostListed = 200;

export const datasetTask = task({
  request: z.strictObject({ source: datasetSourceSchema }),
  async run({ source }, context) {
    const { doesSkipBad, holdOut } = settingsOf(source, context);
    const { report, dataset, originals } = await openSource(source, context);
    const { name, source: folder, count, classes, sizes, smallest, largest, kinds, badFiles, warnings } = report;
    return {
      name,
      folder,
      count,
      resolution: dataset.resolution,
      channels: dataset.channels,
      classes,
      kinds,
      smallest,
      largest,
      sizes: sizes.slice(0, mostListed),
      sizeCount: sizes.length,
      badFiles: badFiles.slice(0, mostListed),
      badFileCount: badFiles.length,
      /** Whether training would pass over them, or stop. */
      doesSkipBad,
      holdOut,
      warnings,
      hasOriginals: originals !== undefined,
    };
  },
});
