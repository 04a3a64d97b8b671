/** How a run stands: what its log, its lock and its process say together. */

import type { RunState } from '../api.ts';
import type { Session } from './history.ts';

export interface Standing {
  readonly state: RunState;
  readonly reason: string | undefined;
}

export interface StandingFacts {
  readonly session: Session;
  /** Whether a living process holds the lock, or this server has just started one for it. */
  readonly isHeld: boolean;
  /** Whether that process has taken it after the log was last written: what the log says is of another. */
  readonly isLogOlder: boolean;
  readonly isPaused: boolean;
  /** What the last process of the run has said of its failure, if it has said anything. */
  readonly lastWords: () => string | undefined;
}

/** The state of a run whose folder can be read. */
export function standingOf({ session, isHeld, isLogOlder, isPaused, lastWords }: StandingFacts): Standing {
  const { hasBegun, hasStepped, ending, failure } = session;
  if (isHeld) {
    if (isLogOlder || !hasBegun || (ending === undefined && !hasStepped))
      return { state: 'starting', reason: undefined };
    // One that has written its last line is about to go.
    if (ending === undefined) return { state: isPaused ? 'paused' : 'training', reason: undefined };
  }
  switch (ending) {
    case 'steps':
      return { state: 'finished', reason: undefined };
    case 'diverged':
    case 'collapsed':
      return { state: 'failed', reason: failure ?? `It has ${ending}.` };
    case undefined:
      return hasBegun ? died(lastWords()) : neverBegan(lastWords());
    default:
      return { state: 'stopped', reason: undefined };
  }
}

function died(lastWords: string | undefined): Standing {
  const generic =
    'Its process ended without a word: it was killed, memory ran out, or the machine went down. Resume it: it goes on from ' +
    'its last checkpoint.';
  return { state: 'failed', reason: lastWords ?? generic };
}

function neverBegan(lastWords: string | undefined): Standing {
  if (lastWords !== undefined) return { state: 'failed', reason: lastWords };
  return { state: 'stopped', reason: 'It has not been trained yet. Resume it to begin.' };
}
