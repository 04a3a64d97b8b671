/** Every pass by itself against none, on whole steps that ONNX Runtime runs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime, passes } from '../../src/engine/index.ts';
import { losses, penalties, type StepOptions, traceStep } from '../../src/gan/index.ts';
import { bigganRow } from '../tables/models/biggan.ts';
import { saganRow } from '../tables/models/sagan.ts';
import { wganGpRow } from '../tables/models/wgan-gp.ts';
import { bind, midCourse, stepFeeds, stepOptions } from '../tables/models.ts';
import { assertState } from './by-hand.ts';

const steps: Readonly<Record<string, StepOptions>> = {
  SAGAN: stepOptions(bind(saganRow, saganRow.small)),
  BigGAN: stepOptions(bind(bigganRow, bigganRow.small)),
  'WGAN-GP': stepOptions(bind(wganGpRow, wganGpRow.small), {
    loss: losses.wasserstein,
    discriminatorSteps: 2,
    penalties: [{ penalty: penalties.gradientPenalty, weight: 10 }],
  }),
};

const names = [...new Set(passes.map(({ name }) => name))];

for (const [model, options] of Object.entries(steps)) {
  const step = traceStep(options);
  const feeds = { ...midCourse(step.variables), ...stepFeeds(step, options, 3) };
  const run = async (selection: readonly string[]) => {
    const program = await (await openRuntime({ threads: 1, passes: selection })).compile(step.graph);
    const { lossD, lossG, ...others } = await program.compute(feeds);
    const state = Object.fromEntries(Object.entries(others).filter(([name]) => step.graph.inputs.has(name)));
    return { sites: program.appliedPasses.flatMap(({ sites }) => sites), state, losses: [lossD, lossG] };
  };
  const without = run([]);

  for (const name of names) {
    test(`the pass ${name} finds something in a step of ${model}, and its numbers stay`, async () => {
      const [expected, seen] = [await without, await run([name])];
      assert.ok(seen.sites.length > 0);
      assertState(seen.state, expected.state);
      for (const [i, loss] of expected.losses.entries()) {
        const [value, wanted] = [seen.losses[i]?.data[0] ?? Number.NaN, loss?.data[0] ?? Number.NaN];
        assert.ok(Math.abs(value - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)), `loss ${value}, was ${wanted}`);
      }
    });
  }
}
