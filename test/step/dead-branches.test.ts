/** What a step leaves out: each network's update differentiates its own parameters, and nothing else is computed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Graph } from '../../src/engine/index.ts';
import { losses, penalties, type Step, type StepOptions, traceStep } from '../../src/gan/index.ts';
import { bigganRow } from '../tables/models/biggan.ts';
import { saganRow } from '../tables/models/sagan.ts';
import { wganGpRow } from '../tables/models/wgan-gp.ts';
import { bind, stepOptions } from '../tables/models.ts';

/** A batch that is no extent of a parameter, so that shapes tell gradients of weights from those of maps. */
const batch = 5;

/** Without classes, because the head for them learns only with the loss of an auxiliary classifier. */
const critic = { ...wganGpRow.small, images: { ...wganGpRow.small.images, classes: 0 } };

const steps: Readonly<Record<string, StepOptions>> = {
  SAGAN: stepOptions(bind(saganRow, saganRow.small), { batch }),
  BigGAN: stepOptions(bind(bigganRow, bigganRow.small), { batch }),
  'WGAN-GP': stepOptions(bind(wganGpRow, critic), {
    batch,
    loss: losses.wasserstein,
    penalties: [{ penalty: penalties.gradientPenalty, weight: 10 }],
  }),
};

/** The parameters of a network that have a gradient in a part of the step: a value of their shape on their layer's way back. */
function differentiated({ graph, variables }: Step, part: string, network: string): string[] {
  const backward = graph.nodes.filter(
    ({ scope, inputs }) => scope.startsWith('grad.') && scope.split('.').includes(part) && inputs.length > 0,
  );
  return parametersOf(variables, network).flatMap(({ name, shape }) => {
    const layer = name.slice(0, name.lastIndexOf('.'));
    const isGradient = (node: Graph['nodes'][number]) =>
      `${node.scope}.`.includes(`.${layer}.`) && String(node.shape) === String(shape);
    return backward.some(isGradient) ? [name] : [];
  });
}

function parametersOf(variables: Step['variables'], network: string): Step['variables'] {
  return variables.filter(({ name, trainable }) => trainable && name.startsWith(`${network}.`));
}

for (const [model, options] of Object.entries(steps)) {
  const step = traceStep(options);
  const all = (network: string) => parametersOf(step.variables, network).map(({ name }) => name);

  test(`in a step of ${model} each network's part differentiates its own parameters`, () => {
    assert.deepEqual(differentiated(step, 'D0', 'D'), all('D'));
    assert.deepEqual(differentiated(step, 'Gstep', 'G'), all('G'));
  });

  test(`in a step of ${model} no part differentiates the other network's parameters`, () => {
    assert.deepEqual(differentiated(step, 'Gstep', 'D'), []);
    assert.deepEqual(differentiated(step, 'D0', 'G'), []);
    const [ofGenerator] = step.graph.nodes.filter(({ scope }) => /^grad\..*\bD0\.G\b/.test(scope));
    assert.equal(ofGenerator, undefined, 'the fakes of the discriminator are data');
    const weightOps = new Set(['kernelGradient', 'scatterAdd']);
    const behindD = step.graph.nodes.filter(({ scope }) => /^grad\..*\bGstep\.D\b/.test(scope));
    assert.ok(behindD.length > 0, 'the way back to the generator leads through the discriminator');
    assert.deepEqual(
      behindD.filter(({ op }) => weightOps.has(op.name)),
      [],
    );
  });
}
