/** The tasks by name: what `POST /api/compute/:task` knows. */

import { modelTask } from './model.ts';
import { recipesTask } from './recipes.ts';
import { timelineTask } from './timeline.ts';

export const tasks = {
  model: modelTask,
  recipes: recipesTask,
  timeline: timelineTask,
};

export type TaskName = keyof typeof tasks;
/** What a page sends to a task, and what it gets. */
export type TaskRequest<Name extends TaskName> = (typeof tasks)[Name] extends {
  request: { _zod: { input: infer Input } };
}
  ? Input
  : never;
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<(typeof tasks)[Name]['run']>>;
