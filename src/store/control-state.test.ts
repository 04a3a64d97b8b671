import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from './canonical-json.ts';
import { controlStateOf } from './control-state.ts';

const config = { generator: { learningRate: 1e-4, beta1: 0 }, discriminator: { learningRate: 4e-4 }, batch: 2 };
const initial = { generator: 1e-4, discriminator: 4e-4 };

function stateAfter(...events: readonly (JsonObject & { readonly type: string })[]) {
  return controlStateOf(
    events.map((event, i) => ({ seq: i + 1, ...event })),
    config,
    [],
  );
}

const started = { type: 'started', step: 0 };
const changed = { type: 'learningRates', step: 2, generator: 5e-5, discriminator: 1e-3 };
const rates = { generator: 5e-5, discriminator: 1e-3 };
const training = { isPaused: false, pauseAt: undefined, learningRates: initial, pending: [] };

test('a run trains with its config until something is asked of it', () => {
  assert.deepEqual(stateAfter(), training);
  assert.deepEqual(stateAfter(started, { type: 'step', step: 1 }), training);
  const pending = [{ do: 'pause' }] as const;
  assert.deepEqual(controlStateOf([], config, pending), { ...training, pending });
  assert.equal(controlStateOf([], { generator: {} }, []), undefined);
});

test('it is paused until it is continued, ends, or another process trains it', () => {
  const paused = { type: 'paused', step: 3 };
  assert.equal(stateAfter(started, paused)?.isPaused, true);
  for (const type of ['continued', 'finished', 'resumed', 'started']) {
    assert.deepEqual(stateAfter(started, paused, { type, step: 3 }), training, type);
  }
  const advancing = { type: 'continued', step: 3, pauseAt: 5 };
  assert.deepEqual(stateAfter(paused, advancing), { ...training, pauseAt: 5 });
  assert.deepEqual(stateAfter(paused, advancing, { ...paused, step: 5 }), { ...training, isPaused: true });
  assert.deepEqual(stateAfter(advancing, { type: 'resumed', step: 2 }), training);
});

test('rates hold until they change, and across a pause; who goes on elsewhere says them anew', () => {
  assert.deepEqual(stateAfter(started, changed), { ...training, learningRates: rates });
  assert.deepEqual(
    stateAfter(changed, { type: 'paused', step: 3 }, { type: 'continued', step: 3 })?.learningRates,
    rates,
  );
  for (const type of ['resumed', 'rollback']) {
    assert.deepEqual(stateAfter(changed, { type, step: 1 })?.learningRates, initial, type);
    assert.deepEqual(stateAfter(changed, { type, step: 2 }, changed)?.learningRates, rates, type);
  }
});
