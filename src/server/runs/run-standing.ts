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
  /** Whether a process has taken the run after the log was last written: what the log says is of another. */
  readonly isLogOlder: boolean;
  readonly isPaused: boolean;
  /** What the last process of the run has said of its failure, if it has said anything. */
  readonly lastWords: () => string | undefined;
}

/** The state of a run whose folder can be read. */
export function standingOf({ session, isHeld, isLogOlder, isPaused, lastWords }: StandingFacts): Standing {
  const { hasBegun, hasStepped, ending, failure } = session;
  if (isHeld && (isLogOlder || !hasBegun || (ending === undefined && !hasStepped && !isPaused)))
    return standing('starting');
  // One that has written its last line is about to go.
  if (isHeld && ending === undefined) return standing(isPaused ? 'paused' : 'training');
  const words = isLogOlder || ending === undefined ? lastWords() : undefined;
  if (words !== undefined) return standing('failed', words);
  switch (ending) {
    case 'steps':
      return standing('finished');
    case 'diverged':
    case 'collapsed':
      return standing('failed', failure ?? `It has ${ending}.`);
    case undefined:
      return hasBegun
        ? standing('failed', killed)
        : standing('stopped', 'It has not been trained yet. Resume it to begin.');
    default:
      return standing('stopped');
  }
}

const killed =
  'Its process ended without a word: it was killed, memory ran out, or the machine went down. Resume it: it goes on from its ' +
  'last checkpoint, or from the beginning without one.';

function standing(state: RunState, reason?: string): Standing {
  return { state, reason };
}
