/** The tasks by name: what `POST /api/compute/:task` knows. */

import { attentionTask } from './attention.ts';
import { attentionFigureTask } from './attention-figure.ts';
import { attentionHistoryTask } from './attention-history.ts';
import { datasetTask } from './dataset.ts';
import { datasetDuplicatesTask } from './dataset-duplicates.ts';
import { datasetImagesTask } from './dataset-images.ts';
import { datasetOriginalTask } from './dataset-original.ts';
import { directionsTask } from './directions.ts';
import { diversityTask } from './diversity.ts';
import { imagesTask } from './images.ts';
import { modelTask } from './model.ts';
import { neighboursTask } from './neighbours.ts';
import { recipesTask } from './recipes.ts';
import { timelineTask } from './timeline.ts';
import { walkTask } from './walk.ts';

export const tasks = {
  attention: attentionTask,
  attentionFigure: attentionFigureTask,
  attentionHistory: attentionHistoryTask,
  dataset: datasetTask,
  datasetDuplicates: datasetDuplicatesTask,
  datasetImages: datasetImagesTask,
  datasetOriginal: datasetOriginalTask,
  directions: directionsTask,
  diversity: diversityTask,
  images: imagesTask,
  model: modelTask,
  neighbours: neighboursTask,
  recipes: recipesTask,
  timeline: timelineTask,
  walk: walkTask,
};

export type TaskName = keyof typeof tasks;
/** What a page sends to a task, and what it gets. */
export type TaskRequest<Name extends TaskName> = (typeof tasks)[Name] extends {
  request: { _zod: { input: infer Input } };
}
  ? Input
  : never;
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<(typeof tasks)[Name]['run']>>;
