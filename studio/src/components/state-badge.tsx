import type { RunState } from '../../../src/server/api.ts';
import './state-badge.css';

const words: Readonly<Record<RunState, string>> = {
  starting: 'Starting',
  training: 'Training',
  paused: 'Paused',
  stopped: 'Stopped',
  finished: 'Finished',
  failed: 'Failed',
  damaged: 'Damaged',
};

/** A run's state as a dot and a word. */
export function StateBadge({ state }: { readonly state: RunState }) {
  return <span class={`state ${state}`}>{words[state]}</span>;
}
