/** A training of some steps with all passes against the same without any: what rounds differently stays a rounding. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime, type PassSelection, type State } from '../../src/engine/index.ts';
import { type StepOptions, traceStep } from '../../src/gan/index.ts';
import { initialize } from '../../src/nn/index.ts';
import { saganRow } from '../tables/models/sagan.ts';
import { bind, stepFeeds, stepOptions } from '../tables/models.ts';

const adam = { learningRate: 2e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
const options: StepOptions = stepOptions(bind(saganRow, saganRow.small), {
  batch: 16,
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
});
const step = traceStep(options);

/** The losses of so many steps from the start, each with images and draws of its own. */
async function lossesOf(steps: number, passes: PassSelection): Promise<number[]> {
  const program = await (await openRuntime({ threads: 1, passes })).compile(step.graph);
  let state: State = initialize(step.variables, 1);
  const losses: number[] = [];
  for (let i = 1; i <= steps; i++) {
    const results = await program.compute({ ...Object.fromEntries(state), ...stepFeeds(step, options, i) });
    losses.push(...['lossD', 'lossG'].map((name) => results[name]?.data[0] ?? Number.NaN));
    state = new Map(Object.entries(results).filter(([name]) => step.graph.inputs.has(name)));
  }
  return losses;
}

test('three steps of SAGAN have the losses that they have without passes', async () => {
  const [seen, expected] = [await lossesOf(3, 'all'), await lossesOf(3, 'none')];
  assert.equal(new Set(expected).size, 6);
  for (const [i, wanted] of expected.entries()) {
    const off = Math.abs((seen[i] ?? Number.NaN) - wanted);
    assert.ok(off <= 1e-4 * Math.max(1, Math.abs(wanted)), `${seen}; without: ${expected}`);
  }
});
