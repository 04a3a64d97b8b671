/** A training step of SAGAN at 32×32, small enough for a software GPU, with everything that it is fed. */

import { Random } from '../../src/base/random.ts';
import type { TensorData } from '../../src/engine/index.ts';
import { findModel, losses, type StepOptions, stepSchedule, traceStep } from '../../src/gan/index.ts';
import { initialize } from '../../src/nn/index.ts';

const batch = 2;
const classes = 3;
const adam = { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 };

const options: StepOptions = {
  model: findModel('sagan').bind(
    { attentionAt: [16], generatorChannels: 8, discriminatorChannels: 8 },
    { resolution: 32, channels: 3, classes },
  ),
  loss: losses.hinge,
  batch,
  discriminatorSteps: 1,
  generatorOptimizer: { ...adam, learningRate: 1e-4 },
  discriminatorOptimizer: adam,
  ema: { decay: 0.999, startStep: 0 },
};

export const smallStep = traceStep(options);

/** The state at the start, and the feeds of the first step. */
export function smallStepFeeds(): Record<string, TensorData> {
  const random = new Random(1, 'small step');
  const feeds: Record<string, TensorData> = Object.fromEntries(initialize(smallStep.variables, 1));
  const schedule = stepSchedule(options, 1);
  for (const [name, { dtype, shape }] of smallStep.graph.inputs) {
    const count = shape.reduce((a, b) => a * b, 1);
    if (name in feeds) continue;
    const scalar = schedule[name];
    const data =
      scalar !== undefined
        ? Float32Array.of(scalar)
        : dtype === 'float32'
          ? random.normal(count)
          : dtype === 'int32'
            ? random.integers(count, classes)
            : Uint8Array.from(random.integers(count, 256));
    feeds[name] = { dtype, shape, data };
  }
  return feeds;
}
