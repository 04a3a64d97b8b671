/** What has become of all that was asked of a run, as its event log tells it. */

import { z } from 'zod';
import type { JsonObject } from './canonical-json.ts';
import type { Control, LearningRates } from './control.ts';
import type { RunEvent } from './event-log.ts';

export interface ControlState {
  readonly isPaused: boolean;
  /** The step after which it will pause. */
  readonly pauseAt: number | undefined;
  /** Base rates, before the factor of a branch and their decay. */
  readonly learningRates: LearningRates;
  /** Asked for, and not done yet. */
  readonly pending: readonly Control[];
}

const ratesSchema = z.object({ generator: z.number(), discriminator: z.number() });
const ratesOf = (value: unknown): LearningRates | undefined => ratesSchema.safeParse(value).data;

const optimizerSchema = z.object({ learningRate: z.number() });
const configSchema = z.object({ generator: optimizerSchema, discriminator: optimizerSchema });

/**
 * How the trainer stands that last wrote into the log; whether it is still there, the run's lock says.
 *
 * `events`: in their order, from the first; those of other types (steps, analyses …) may be left out. `config`: the run's, as
 * saved. `pending`: what `pendingControls` finds. Returns undefined for a config without learning rates.
 */
export function controlStateOf(
  events: readonly RunEvent[],
  config: JsonObject,
  pending: readonly Control[],
): ControlState | undefined {
  const configured = configSchema.safeParse(config).data;
  if (configured === undefined) return undefined;
  const { generator, discriminator } = configured;
  const initial = { generator: generator.learningRate, discriminator: discriminator.learningRate };
  let state: ControlState = { isPaused: false, pauseAt: undefined, learningRates: initial, pending };
  for (const event of events) state = after(state, event, initial);
  return state;
}

function after(state: ControlState, event: RunEvent, initial: LearningRates): ControlState {
  const goesOn = { ...state, isPaused: false, pauseAt: undefined };
  const pauseAt = typeof event.pauseAt === 'number' ? event.pauseAt : undefined;
  switch (event.type) {
    case 'paused':
      return { ...goesOn, isPaused: true };
    case 'continued':
      return { ...goesOn, pauseAt };
    case 'learningRates':
      return { ...state, learningRates: ratesOf(event) ?? state.learningRates };
    case 'rollback':
      return { ...state, pauseAt, learningRates: ratesOf(event.learningRates) ?? initial };
    case 'started':
    case 'resumed':
      return { ...goesOn, learningRates: ratesOf(event.learningRates) ?? initial };
    case 'finished':
      return goesOn;
    default:
      return state;
  }
}
