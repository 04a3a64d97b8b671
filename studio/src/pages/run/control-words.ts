/** What is asked of a trainer, and what is told of a run, in words. */

import type { Control, RunEvent, RunSummary } from '../../../../src/server/api.ts';
import { formatValue } from '../../components/chart-data.ts';
import { bytes, count, duration, short } from '../../format.ts';

/** What is asked for, as one reads it while it is pending. */
export function pendingWords(control: Control): string {
  switch (control.do) {
    case 'pause':
      return 'Pausing after this step';
    case 'continue':
      return 'Going on';
    case 'advance':
      return `Training ${count(control.steps)} steps, then pausing`;
    case 'learningRates':
      return 'Changing the learning rates after this step';
    case 'sample':
      return 'Drawing a sheet after this step';
    case 'checkpoint':
      return 'Saving a checkpoint after this step';
    case 'stop':
      return 'Saving, then stopping';
  }
}

/** Whether a process trains it. */
export const isActive = ({ state }: Pick<RunSummary, 'state'>) =>
  state === 'starting' || state === 'training' || state === 'paused';

/** How fast a run goes and how long it will take, as far as that is known. */
export function paceWords({ secondsLeft, imagesPerSecond, memoryBytes }: RunSummary): readonly string[] {
  return [
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
    ...(imagesPerSecond === undefined ? [] : [`${short(imagesPerSecond)} images/s`]),
    ...(memoryBytes === undefined ? [] : [`${bytes(memoryBytes)} of memory`]),
  ];
}

const endings: Readonly<Record<string, string>> = {
  steps: 'Finished: all its steps are done',
  stopped: 'Stopped, and saved',
  diverged: 'Ended: a step gave numbers that are not finite',
  collapsed: 'Ended: the watch saw a collapse',
};

/** An event in a line. Types that are not known keep their name. */
export function eventWords(event: RunEvent): string {
  const field = (name: string) => String(event[name]);
  switch (event.type) {
    case 'started':
      return 'Training began';
    case 'imported':
      return 'Made of files of weights';
    case 'resumed':
      return 'Training went on from here';
    case 'checkpoint':
      return 'A checkpoint was saved';
    case 'evaluation':
      return `Scored: ${scoreWords(event.scores)}${event.isBest === true ? '; the best so far' : ''}`;
    case 'finding':
      return `Found: ${field('seen')}`;
    case 'cleared':
      return `No longer so: ${field('kind')} of ${field('subject')}, since step ${field('since')}`;
    case 'rollback':
      return `Went back to here from step ${field('from')}`;
    case 'learningRates':
      return `Learning rates: generator ${field('generator')}, discriminator ${field('discriminator')}`;
    case 'paused':
      return 'Paused';
    case 'continued':
      return typeof event.pauseAt === 'number' ? `Went on, to pause at step ${count(event.pauseAt)}` : 'Went on';
    case 'refused':
      return `Refused what was asked: ${field('reason')}`;
    case 'diverged':
      return `Diverged: ${field('error')}`;
    case 'finished':
      return endings[field('reason')] ?? `Ended: ${field('reason')}`;
    default:
      return event.type;
  }
}

function scoreWords(scores: unknown): string {
  if (typeof scores !== 'object' || scores === null) return 'nothing';
  return Object.entries(scores)
    .map(([metric, value]) => `${metric} ${typeof value === 'number' ? formatValue(value) : value}`)
    .join(', ');
}
