/** One training step after another: the program, the state, and the rule that a bad step is not adopted. */

import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { type Batch, BatchesAhead, type Dataset } from '../data/index.ts';
import type { DeviceTensor, Program, Runtime, State, TensorData } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { drawValues, type Phases, type Source, type StepOptions, stepScalars, stepSchedule } from '../gan/index.ts';
import { initialize, type OptimizerOptions, type Variable } from '../nn/index.ts';
import type { LearningRates } from '../store/index.ts';
import { firstNotFinite, readNumbers, readReport, type StepReport, type Tensors } from './step-report.ts';
import { traceTraining, watch } from './trace-training.ts';

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
  readonly from?: From | undefined;
  /** What `traceTraining` makes of these options, where that is known already. */
  readonly traced?: Phases | undefined;
  /** What both learning rates are multiplied with at each return to an earlier step. Default 1/2. */
  readonly learningRateFactor?: number | undefined;
}

interface From {
  readonly step: number;
  /** Default: freshly initialised variables. */
  readonly state?: State | undefined;
  /** How many times the run had returned to an earlier step. Default 0. */
  readonly branch?: number | undefined;
  /** Default: those of the optimisers. */
  readonly learningRates?: LearningRates | undefined;
}

/** A program of a step, and what it is fed beside the state. */
interface CompiledPhase {
  readonly program: Program;
  readonly sources: ReadonlyMap<string, Source>;
}

export class Trainer {
  private readonly options: TrainerOptions;
  private readonly phases: readonly CompiledPhase[];
  private readonly pieceSize: number;
  private readonly variables: readonly Variable[];
  private readonly batches: BatchesAhead;
  private state: Tensors = {};
  private completed = 0;
  private returns = 0;
  private rates: LearningRates;

  private constructor(options: TrainerOptions, phases: readonly CompiledPhase[], { variables, pieceSize }: Phases) {
    this.options = options;
    this.phases = phases;
    this.pieceSize = pieceSize;
    this.variables = variables;
    this.rates = configuredRates(options);
    // Two steps ahead: while one is in progress no message arrives from the thread that draws.
    const ahead = (2 * this.imagesPerStep) / pieceSize;
    this.batches = new BatchesAhead(options.dataset, { batchSize: pieceSize, ahead });
  }

  /** Traces and compiles the step. Throws UserError if `from` does not hold exactly the variables of the model. */
  static async create(options: TrainerOptions): Promise<Trainer> {
    // The state that it begins from is not kept beside the one that it has.
    const { from = { step: 0 }, traced = traceTraining(options), ...kept } = options;
    const trainer = new Trainer(kept, await compile(options.runtime, traced.phases), traced);
    trainer.goTo(from);
    return trainer;
  }

  /**
   * Goes on from another state. In another `branch` random draws and learning rates are others, so that what follows is not
   * what has followed before. Throws UserError as `create` does.
   */
  goTo({ step, state = initialize(this.variables, this.options.seed), branch = 0, learningRates }: From): void {
    checkLayout(this.variables, state);
    const { runtime } = this.options;
    for (const tensor of Object.values(this.state)) runtime.release(tensor);
    this.state = Object.fromEntries([...state].map(([name, data]) => [name, runtime.upload(data)]));
    this.completed = step;
    this.returns = branch;
    this.rates = learningRates ?? configuredRates(this.options);
  }

  /** Base learning rates from the next step on. The factor of the branch and the optimisers' decay apply to them. */
  setLearningRates({ generator, discriminator }: { [K in keyof LearningRates]?: number | undefined }): void {
    const { rates } = this;
    this.rates = { generator: generator ?? rates.generator, discriminator: discriminator ?? rates.discriminator };
  }

  get learningRates(): LearningRates {
    return this.rates;
  }

  /** The base learning rates where they are not those of the optimisers any more. */
  get changedLearningRates(): LearningRates | undefined {
    const { generator, discriminator } = configuredRates(this.options);
    const isChanged = this.rates.generator !== generator || this.rates.discriminator !== discriminator;
    return isChanged ? this.rates : undefined;
  }

  /** The programs in the order in which a step calls them; one that is called several times stands there as often. */
  get programs(): readonly Program[] {
    return this.phases.map(({ program }) => program);
  }

  /** Generator updates so far. */
  get step(): number {
    return this.completed;
  }

  /** How many times the run has returned to an earlier step; it names the random draws and the learning rates. */
  get branch(): number {
    return this.returns;
  }

  /** The state where it lies, by name. Valid until the next step. */
  get tensors(): Readonly<Record<string, DeviceTensor>> {
    return this.state;
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
    // All that the phases have put out so far: the next state, sums on their way, and numbers to report.
    let made: Tensors = {};
    const discard = (tensors: Tensors) => {
      for (const tensor of Object.values(tensors)) runtime.release(tensor);
    };
    for (const { program, sources } of this.phases) {
      const feeds = this.feeds(sources);
      const outputs = await program.run({ ...this.state, ...made, ...feeds });
      discard(feeds);
      const scalars = await readNumbers(outputs, [watch, ...stepScalars]);
      if (!Object.values(scalars).every(Number.isFinite)) {
        const [tensor, value] = await firstNotFinite(outputs);
        discard({ ...made, ...outputs });
        throw new DivergenceError(this.completed + 1, tensor, value);
      }
      discard(pick(made, (name) => outputs[name] !== undefined));
      made = { ...made, ...outputs };
    }
    const report = await readReport(made);
    discard(pick(this.state, (name) => made[name] !== undefined));
    discard(pick(made, (name) => this.state[name] === undefined));
    this.state = { ...this.state, ...pick(made, (name) => this.state[name] !== undefined) };
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

  /** Ends what draws batches ahead. Steps that are taken after all draw theirs themselves. */
  close(): Promise<void> {
    return this.batches.close();
  }

  /** Everything that a phase needs beside the state: a function of (seed, step) and the dataset. */
  private feeds(sources: ReadonlyMap<string, Source>): Tensors {
    const schedule = stepSchedule(this.inBranch(), this.completed + 1);
    const batches = new Map<number, Batch>();
    const feeds: Record<string, DeviceTensor> = {};
    for (const [name, source] of sources) {
      feeds[name] = this.options.runtime.upload(this.valueOf(source, schedule, batches));
    }
    return feeds;
  }

  /** The options with the learning rates that hold now, in the branch. */
  private inBranch(): StepOptions {
    const { generatorOptimizer, discriminatorOptimizer, learningRateFactor = 1 / 2 } = this.options;
    const scaled = (optimizer: OptimizerOptions, learningRate: number) => ({
      ...optimizer,
      learningRate: learningRate * learningRateFactor ** this.returns,
    });
    return {
      ...this.options,
      generatorOptimizer: scaled(generatorOptimizer, this.rates.generator),
      discriminatorOptimizer: scaled(discriminatorOptimizer, this.rates.discriminator),
    };
  }

  /** Of everything that the steps of the branch draw; initial weights are those of the run's own seed. */
  private get drawSeed(): number {
    const { seed } = this.options;
    return this.returns === 0 ? seed : new Random(seed, 'branch', this.returns).uint32();
  }

  private valueOf(source: Source, schedule: Readonly<Record<string, number>>, batches: Map<number, Batch>): TensorData {
    const { model } = this.options;
    const seed = this.drawSeed;
    switch (source.from) {
      case 'schedule':
        return { dtype: 'float32', shape: [], data: Float32Array.of(schedule[source.name] ?? Number.NaN) };
      case 'zeros':
        return { dtype: 'float32', shape: source.shape, data: new Float32Array(sizeOf(source.shape)) };
      case 'random':
        return drawValues(source.draw, new Random(seed, source.stream, this.completed));
      case 'data': {
        const { piece, part } = source;
        const position = this.imagesSeen + piece * this.pieceSize;
        const batch = batches.get(piece) ?? this.batches.take(position, seed);
        batches.set(piece, batch);
        if (part === 'labels') return { dtype: 'int32', shape: [this.pieceSize], data: batch.labels };
        const { resolution, channels } = model.images;
        return { dtype: 'uint8', shape: [this.pieceSize, channels, resolution, resolution], data: batch.images };
      }
    }
  }
}

function configuredRates({ generatorOptimizer, discriminatorOptimizer }: StepOptions): LearningRates {
  return { generator: generatorOptimizer.learningRate, discriminator: discriminatorOptimizer.learningRate };
}

function pick(tensors: Tensors, wanted: (name: string) => boolean): Tensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => wanted(name)));
}

/** Programs that occur several times in a step are compiled once. */
async function compile(runtime: Runtime, phases: Phases['phases']): Promise<CompiledPhase[]> {
  const reported = new Set<string>([watch, ...stepScalars]);
  const compiled: CompiledPhase[] = [];
  for (const { graph: program, sources } of phases) {
    const kept = new Set([...program.outputs.keys()].filter((name) => !reported.has(name)));
    const inputs = new Map([...sources].filter(([name]) => program.inputs.has(name)));
    compiled.push({ program: await runtime.compile(program, kept), sources: inputs });
  }
  return compiled;
}

/** Throws UserError unless the state holds the step's variables, no more and no fewer, with their shapes. */
function checkLayout(variables: readonly Variable[], state: State): void {
  for (const { name, shape } of variables) {
    const seen = state.get(name);
    if (seen?.shape.join() !== shape.join()) {
      throw new UserError(
        `the saved state has ${seen === undefined ? `no ${name}` : `${name} with shape [${seen.shape}]`}; the model of this ` +
          `config needs it with shape [${shape}]. The state belongs to another model or version.`,
      );
    }
  }
  const known = new Set(variables.map(({ name }) => name));
  for (const name of state.keys()) {
    if (!known.has(name))
      throw new UserError(`the saved state holds ${name}, which the model of this config does not have.`);
  }
}
