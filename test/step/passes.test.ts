/** Every pass by itself against none, on whole steps that ONNX Runtime runs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime, optimize, passes } from '../../src/engine/index.ts';
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
/** What they are for is in every step; others look for maps that are larger than those of tests. */
const alwaysBusy = ['fold-constants', 'simplify', 'common-subexpressions', 'positions-first'];

for (const [model, options] of Object.entries(steps)) {
  const step = traceStep(options);
  // Of the third step one number of WGAN-GP lies so close to a ReLU's kink that any rounding decides its side.
  const feeds = { ...midCourse(step.variables), ...stepFeeds(step, options, 4) };
  const run = async (selection: readonly string[]) => {
    const runtime = await openRuntime({ threads: 1, passes: selection });
    const { lossD, lossG, ...others } = await (await runtime.compile(step.graph)).compute(feeds);
    const state = Object.fromEntries(Object.entries(others).filter(([name]) => step.graph.inputs.has(name)));
    return { state, losses: [lossD, lossG] };
  };
  const without = run([]);
  const busy = names.filter((name) => optimize(step.graph, 'cpu', [name]).graph !== step.graph);

  test(`passes find what they are for in a step of ${model}`, () => {
    assert.deepEqual(
      alwaysBusy.filter((name) => !busy.includes(name)),
      [],
    );
  });

  for (const name of busy) {
    test(`the pass ${name} leaves the numbers of a step of ${model}`, async () => {
      const [expected, seen] = [await without, await run([name])];
      assertState(seen.state, expected.state);
      for (const [i, loss] of expected.losses.entries()) {
        const [value, wanted] = [seen.losses[i]?.data[0] ?? Number.NaN, loss?.data[0] ?? Number.NaN];
        assert.ok(Math.abs(value - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)), `loss ${value}, was ${wanted}`);
      }
    });
  }
}
