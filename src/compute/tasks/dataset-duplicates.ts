/** Images that a dataset holds more than once. A search that is withdrawn goes on where it was when it is asked for again. */

import { z } from 'zod';
import { DuplicateSearch } from '../../api/dataset-duplicates.ts';
import { datasetSourceSchema, keepOf, openSource } from '../dataset-source.ts';
import { task } from '../task.ts';

const mostGroups = 100;
const mostOfGroup = 12;

export const datasetDuplicatesTask = task({
  request: z.strictObject({ source: datasetSourceSchema }),
  async run({ source }, context) {
    const opened = await openSource(source, context);
    const search = await keepOf(source, context, 'duplicates', async () => new DuplicateSearch(opened));
    const { copies, groups, warnings } = await search.run((done, total) =>
      context.progress(done, total, 'Comparing images'),
    );
    return {
      copies,
      warnings,
      groupCount: groups.length,
      groups: groups
        .slice(0, mostGroups)
        .map((group) => ({ count: group.length, images: group.slice(0, mostOfGroup) })),
    };
  },
});
