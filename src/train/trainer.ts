/** One training step after another: the program, the state, and the rule that a bad step is not adopted. */

import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { Dataset } from '../data/index.ts';
import {
  add,
  type DeviceTensor,
  type Graph,
  graph,
  mul,
  type Program,
  type Runtime,
  type State,
  scalar,
  sum,
  type TensorData,
} from '../engine/index.ts';
import { type Step, type StepOptions, type StepScalar, stepSchedule, traceStep } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';

export type StepReport = Readonly<Record<StepScalar, number>>;

/** A step whose result is not finite. The state is still that of the step before. */
export class DivergenceError extends UserError {
  override readonly name = 'DivergenceError';
  readonly step: number;
  readonly tensor: string;

  constructor(step: number, tensor: string, value: number) {
    super(
      `step ${step}: ${tensor} is ${value}, so training has diverged. The step was not adopted and the state before it is ` +
        'kept. Lower generator.learningRate and discriminator.learningRate, or go on from an earlier checkpoint.',
    );
    this.step = step;
    this.tensor = tensor;
  }
}

export interface TrainerOptions extends StepOptions {
  readonly dataset: Dataset;
  readonly seed: number;
  readonly runtime: Runtime;
  /** Where to go on from; default: freshly initialised variables at step 0. */
  readonly from?: { readonly step: number; readonly state: State } | undefined;
}

export class Trainer {
  private readonly options: TrainerOptions;
  private readonly program: Program;
  private state: Readonly<Record<string, DeviceTensor>>;
  private completed: number;

  private constructor(options: TrainerOptions, program: Program, state: State, step: number) {
    this.options = options;
    this.program = program;
    this.completed = step;
    this.state = Object.fromEntries([...state].map(([name, data]) => [name, options.runtime.upload(data)]));
  }

  /** Traces and compiles the step. Throws UserError if `from` does not hold exactly the variables of the model. */
  static async create(options: TrainerOptions): Promise<Trainer> {
    const step = traceStep(options);
    const state = options.from?.state ?? initialize(step.variables, options.seed);
    checkLayout(step, state);
    const kept = new Set(step.variables.map(({ name }) => name));
    const program = await options.runtime.compile(watched(step.graph, kept), kept);
    return new Trainer(options, program, state, options.from?.step ?? 0);
  }

  /** Generator updates so far. */
  get step(): number {
    return this.completed;
  }

  /** Real images that the discriminator has been shown. */
  get imagesSeen(): number {
    return this.completed * this.imagesPerStep;
  }

  get imagesPerStep(): number {
    return this.options.batch * this.options.discriminatorSteps;
  }

  /** Runs one step and adopts its state. Throws DivergenceError, and adopts nothing, if anything in it is not finite. */
  async advance(): Promise<StepReport> {
    const { runtime } = this.options;
    const feeds = this.feeds();
    const outputs = await this.program.run({ ...this.state, ...feeds });
    for (const tensor of Object.values(feeds)) runtime.release(tensor);
    const report = await readScalars(outputs);
    const nothing = await readScalar(outputs[watch]);
    if (![...Object.values(report), nothing].every(Number.isFinite)) {
      const [tensor, value] = await firstNotFinite(outputs);
      for (const rejected of Object.values(outputs)) runtime.release(rejected);
      throw new DivergenceError(this.completed + 1, tensor, value);
    }
    const replaced = Object.keys(this.state).filter((name) => outputs[name] !== undefined);
    const old = replaced.map((name) => this.state[name]);
    this.state = Object.fromEntries(
      Object.entries(this.state).map(([name, tensor]) => [name, outputs[name] ?? tensor]),
    );
    for (const tensor of old) if (tensor !== undefined) runtime.release(tensor);
    this.completed += 1;
    return report;
  }

  /** Copies the state out: to save it, or to sample from it. `wanted` picks variables by name; default: all. */
  async snapshot(wanted: (name: string) => boolean = () => true): Promise<State> {
    const state = new Map<string, TensorData>();
    for (const [name, tensor] of Object.entries(this.state)) {
      if (wanted(name)) state.set(name, await this.options.runtime.download(tensor));
    }
    return state;
  }

  /** Everything that the next step needs beside the state: a function of (seed, step) and the dataset. */
  private feeds(): Record<string, DeviceTensor> {
    const { options } = this;
    const { batch, dataset, seed, model } = options;
    const { resolution, channels, classes } = model.images;
    const data: Record<string, TensorData> = {};
    const addNoise = (update: string) => {
      const z = new Random(seed, `z.${update}`, this.completed).normal(batch * model.latentDim);
      const labels = new Random(seed, `fakeLabels.${update}`, this.completed).integers(batch, Math.max(1, classes));
      data[`z.${update}`] = { dtype: 'float32', shape: [batch, model.latentDim], data: z };
      data[`fakeLabels.${update}`] = { dtype: 'int32', shape: [batch], data: labels };
    };
    for (let k = 0; k < options.discriminatorSteps; k++) {
      const { images, labels } = dataset.batchAt(this.imagesSeen + k * batch, batch, seed);
      data[`images.${k}`] = { dtype: 'uint8', shape: [batch, channels, resolution, resolution], data: images };
      data[`labels.${k}`] = { dtype: 'int32', shape: [batch], data: labels };
      addNoise(`D${k}`);
    }
    addNoise('G');
    for (const [name, value] of Object.entries(stepSchedule(options, this.completed + 1))) {
      data[name] = { dtype: 'float32', shape: [], data: Float32Array.of(value) };
    }
    return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, options.runtime.upload(value)]));
  }
}

/** An output that is 0 unless the next state holds an element that is not finite. */
const watch = 'watch';

/** The step with the output `watch`: losses can be finite for a while when a running variance is not. */
function watched(step: Graph, kept: ReadonlySet<string>): Graph {
  const next = [...step.outputs].filter(([name]) => kept.has(name)).map(([, tensor]) => tensor);
  const nothing = next.reduce((total, tensor) => add(total, mul(sum(tensor), 0)), scalar(0));
  return graph(step.name, [...step.outputs, [watch, nothing]]);
}

/** Throws UserError unless the state holds the step's variables, no more and no fewer, with their shapes. */
function checkLayout(step: Step, state: State): void {
  for (const { name, shape } of step.variables) {
    const seen = state.get(name);
    if (seen?.shape.join() !== shape.join()) {
      throw new UserError(
        `the saved state has ${seen === undefined ? `no ${name}` : `${name} with shape [${seen.shape}]`}; the model of this ` +
          `config needs it with shape [${shape}]. The state belongs to another model or version.`,
      );
    }
  }
  const known = new Set(step.variables.map(({ name }) => name));
  for (const name of state.keys()) {
    if (!known.has(name))
      throw new UserError(`the saved state holds ${name}, which the model of this config does not have.`);
  }
}

async function readScalars(outputs: Readonly<Record<string, DeviceTensor>>): Promise<StepReport> {
  const read = (name: StepScalar) => readScalar(outputs[name]);
  return {
    lossD: await read('lossD'),
    lossG: await read('lossG'),
    realLogits: await read('realLogits'),
    fakeLogits: await read('fakeLogits'),
    gradNormD: await read('gradNormD'),
    gradNormG: await read('gradNormG'),
  };
}

async function readScalar(tensor: DeviceTensor | undefined): Promise<number> {
  if (tensor === undefined) return Number.NaN;
  return (await tensor.runtime.download(tensor)).data[0] ?? Number.NaN;
}

/** The first output with an element that is not finite, and that element. */
async function firstNotFinite(outputs: Readonly<Record<string, DeviceTensor>>): Promise<[string, number]> {
  for (const [name, tensor] of Object.entries(outputs)) {
    const { data } = await tensor.runtime.download(tensor);
    const value = data.find((element) => !Number.isFinite(element));
    if (value !== undefined) return [name, value];
  }
  return ['a scalar', Number.NaN];
}
