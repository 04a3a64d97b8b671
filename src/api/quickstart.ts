/** The first run: trains a small SAGAN on MNIST, scores it, and draws what it learnt. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openRuntime } from '../engine/index.ts';
import { openRun, type Run, readEvents } from '../store/index.ts';
import { currentEvents } from './curves.ts';
import type { QuickstartResult } from './quickstart-results.ts';
import { type TrainEvent, type TrainOptions, train } from './train-run.ts';
import { openTrainedRun } from './trained-run.ts';

export type { QuickstartResult } from './quickstart-results.ts';

const preset = 'sagan-mnist-mini';

export interface QuickstartOptions extends Pick<TrainOptions, 'steps' | 'seed' | 'threads' | 'settings' | 'signal'> {
  /** Folder of the run; default `runs/quickstart`. */
  readonly out?: string;
}

export type QuickstartEvent = TrainEvent | { readonly type: 'result'; readonly result: QuickstartResult };

/**
 * Trains the preset `sagan-mnist-mini`, or goes on with a quickstart that was interrupted, and tells what happens as it
 * happens. Where `out` holds a run that is done or another's, the new one goes to `out`-2, -3 and so on.
 *
 * Ends with a `result`, and without one when training was stopped or diverged. Throws UserError as `train` does.
 */
export async function* quickstart(options: QuickstartOptions = {}): AsyncGenerator<QuickstartEvent> {
  const startedAt = performance.now();
  const { out = 'runs/quickstart', ...training } = options;
  const { path, resume, notice } = findPlace(out);
  if (notice !== undefined) yield { type: 'notice', text: notice };
  let isTrained = false;
  for await (const event of train({ ...training, preset, out: path, resume })) {
    yield event;
    isTrained = event.type === 'finished' && event.reason === 'steps';
  }
  if (!isTrained) return;
  yield { type: 'notice', text: 'training is done; drawing what was learnt, and scoring samples' };
  const trained = openTrainedRun(path);
  const { threads } = options;
  const runtime = await openRuntime({ ...(threads && { threads }), passes: trained.config.passes });
  // What scores is a third of the program, and training can begin without.
  const { presentQuickstart } = await import('./quickstart-results.ts');
  const result = await presentQuickstart(runtime, trained, scorePath(trained.run));
  yield { type: 'result', result: { ...result, seconds: (performance.now() - startedAt) / 1000 } };
}

interface Place {
  readonly path: string;
  readonly resume: boolean;
  readonly notice?: string;
}

/** The first of `out`, `out`-2, `out`-3 … that a new run can have, or where a quickstart waits to go on. */
function findPlace(out: string): Place {
  for (let number = 1; ; number++) {
    const path = number === 1 ? out : `${out}-${number}`;
    if (!existsSync(join(path, 'config.json'))) {
      const notice = `${out} holds a run already, which is left as it is; this one goes to ${path}.`;
      return { path, resume: false, ...(number === 1 ? {} : { notice }) };
    }
    const run = openRun(path);
    if (isUnfinished(run)) {
      return { path, resume: true, notice: `${path} holds a quickstart that was interrupted; going on with it.` };
    }
  }
}

/** Of a run that diverged or collapsed nothing better would come: the same steps give the same numbers. */
function isUnfinished(run: Run): boolean {
  if (run.config.preset !== preset || existsSync(scorePath(run))) return false;
  const { events } = readEvents(run.eventsPath);
  const reason = currentEvents(events).at(-1)?.reason;
  return reason !== 'diverged' && reason !== 'collapsed';
}

const scorePath = ({ path }: Run) => join(path, 'scores', 'class-accuracy.json');
