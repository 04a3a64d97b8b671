/** Sagan's side of the step benchmarks: a work as a function that does it once. */

import { Random } from '../src/base/random.ts';
import { type Dataset, datasetFrom } from '../src/data/index.ts';
import { type DeviceTensor, graph, type Runtime } from '../src/engine/index.ts';
import { descend, gradientsOf } from '../src/gan/descend.ts';
import {
  type BoundModel,
  Draws,
  drawValues,
  findModel,
  losses,
  penalties,
  type StepOptions,
  stepSchedule,
  traceSampler,
} from '../src/gan/index.ts';
import { discriminatorObjective } from '../src/gan/objective.ts';
import { describeNetworks } from '../src/inspect/index.ts';
import { initialize, Variables } from '../src/nn/index.ts';
import { batchFor, Generator } from '../src/sample/index.ts';
import { Trainer } from '../src/train/index.ts';
import type { Work } from './work.ts';

/** Of initial weights and all that is drawn. */
const seed = 0;

export function modelOf({ model, options, resolution, channels, classes }: Work): BoundModel {
  return findModel(model).bind(options, { resolution, channels, classes });
}

export function stepOptionsOf(work: Work): StepOptions {
  const { batch, loss, gradientPenalty: weight, emaDecay, generatorOptimizer, discriminatorOptimizer } = work;
  return {
    model: modelOf(work),
    loss: losses[loss],
    batch,
    discriminatorSteps: 1,
    generatorOptimizer,
    discriminatorOptimizer,
    ema: { decay: emaDecay, startStep: 0 },
    penalties: weight === 0 ? [] : [{ penalty: penalties.gradientPenalty, weight }],
  };
}

/** Images of noise, four batches of them. */
export function noise({ resolution, channels, classes, batch }: Work): Dataset {
  const random = new Random(seed, 'bench');
  const count = 4 * batch;
  return datasetFrom({
    name: 'noise',
    channels,
    resolution,
    images: Uint8Array.from(random.integers(count * channels * resolution ** 2, 256)),
    labels: random.integers(count, Math.max(1, classes)),
    classNames: Array.from({ length: classes }, (_, i) => String(i)),
  });
}

/** Trainable numbers of each network. */
export function parameterCounts(work: Work): { generatorParameters: number; discriminatorParameters: number } {
  const { generator, discriminator } = describeNetworks(modelOf(work), 1);
  return { generatorParameters: generator.parameters, discriminatorParameters: discriminator.parameters };
}

/** Compiles the work; returns what does it once. */
export async function prepare(work: Work, runtime: Runtime): Promise<() => Promise<unknown>> {
  if (work.kind === 'critic') return prepareCritic(work, runtime);
  if (work.kind === 'sample') return prepareSampling(work, runtime);
  const trainer = await Trainer.create({ ...stepOptionsOf(work), seed, runtime, dataset: noise(work) });
  return () => trainer.advance();
}

async function prepareSampling(work: Work, runtime: Runtime): Promise<() => Promise<unknown>> {
  const model = modelOf(work);
  const { variables } = traceSampler(model, { batch: work.batch });
  const generator = await Generator.open(runtime, model, initialize(variables, seed), { batch: batchFor(work.batch) });
  const random = new Random(seed, 'latents');
  const latents = random.normal(work.batch * model.latentDim);
  const labels = random.integers(work.batch, work.classes);
  return () => generator.generate(latents, labels);
}

/** The discriminator's part of a step as a program of its own, which no run has: a step is one program. */
async function prepareCritic(work: Work, runtime: Runtime): Promise<() => Promise<unknown>> {
  const options = stepOptionsOf(work);
  const variables = new Variables();
  const draws = new Draws();
  const { loss, report } = discriminatorObjective({ options, variables, draws }, 0, work.batch);
  const gradNormD = descend(variables, 'D', 'D0', gradientsOf(variables, 'D', loss), options);
  variables.commit();
  const traced = graph('critic', [...Object.entries({ ...report, gradNormD }), ...variables.updates]);
  const program = await runtime.compile(traced);
  const dataset = noise(work);
  let state: Record<string, DeviceTensor> = Object.fromEntries(
    [...initialize(variables.all, seed)].map(([name, data]) => [name, runtime.upload(data)]),
  );
  let updates = 0;
  return async () => {
    const { images, labels } = dataset.batchAt(updates * work.batch, work.batch, seed);
    const shape = [work.batch, work.channels, work.resolution, work.resolution];
    const drawn = draws.all.map((draw) => [draw.name, drawValues(draw, new Random(seed, draw.name, updates))] as const);
    updates += 1;
    const scalars = Object.entries(stepSchedule(options, updates)).map(
      ([name, value]) => [name, { dtype: 'float32', shape: [], data: Float32Array.of(value) }] as const,
    );
    const feeds = [
      ...drawn,
      ...scalars,
      ['images.0', { dtype: 'uint8', shape, data: images }],
      ['labels.0', { dtype: 'int32', shape: [work.batch], data: labels }],
    ] as const;
    const uploaded = Object.fromEntries(feeds.map(([name, data]) => [name, runtime.upload(data)]));
    const outputs = await program.run({ ...state, ...uploaded });
    state = Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, outputs[name] ?? tensor]));
  };
}
