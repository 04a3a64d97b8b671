/** How attention came about: its numbers at every checkpoint of a run that is still there. */

import { z } from 'zod';
import { checkpointSteps, type MeasuredAttention, measureAttention } from '../../api/attention-history.ts';
import { UserError } from '../../base/errors.ts';
import { placeSchema } from '../place.ts';
import { task } from '../task.ts';

export const attentionHistoryTask = task({
  request: z.strictObject({
    /** Of the place only the run counts. */
    place: placeSchema,
    /** Of which checkpoints; default: all. Whoever asks for one after the other lets other requests in between. */
    steps: z.array(z.int().min(0)).max(10_000).optional(),
  }),
  async run({ place, steps: wanted }, { runtime, open, run, remember, progress }) {
    const steps = wanted ?? checkpointSteps(run(place.run));
    const checkpoints: MeasuredAttention[] = [];
    /** Checkpoints that cannot be used, in words. */
    const refused: string[] = [];
    for (const [index, checkpoint] of steps.entries()) {
      await progress(index, steps.length, `measuring attention at step ${checkpoint}`);
      const at = { run: place.run, checkpoint };
      try {
        checkpoints.push(await remember(at, 'attention, measured', () => measureAttention(runtime, open(at))));
      } catch (error) {
        // A checkpoint may be damaged, or be pruned by training while we look.
        if (!(error instanceof UserError)) throw error;
        refused.push(error.message);
      }
    }
    await progress(steps.length, steps.length, 'measured');
    return { checkpoints, refused };
  },
});
