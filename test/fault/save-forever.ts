/** A trainer reduced to its disk: takes the run in argv[2] and saves step after step until it is killed. */

import {
  listCheckpoints,
  loadNewestCheckpoint,
  lockRun,
  openEventLog,
  openRun,
  saveCheckpoint,
} from '../../src/store/index.ts';
import { stateAt } from './small-run.ts';

const run = openRun(process.argv[2] ?? '');
lockRun(run);
const log = openEventLog(run.eventsPath);
let step = 0;
if (listCheckpoints(run).length > 0) {
  ({ step } = loadNewestCheckpoint(run).checkpoint);
  log.append('resumed', { step });
}
for (;;) {
  step++;
  log.append('step', { step });
  saveCheckpoint(run, { step, imagesSeen: step, state: stateAt(step, 200_000) });
  process.stdout.write(`${step}\n`);
}
