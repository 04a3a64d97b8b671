/** A whole training run: dataset, run folder, lock, loop, checkpoints, sample sheets, event log. */

import { UserError } from '../base/errors.ts';
import type { Dataset, DatasetReport } from '../data/index.ts';
import { type NodeDevice, openRuntime } from '../engine/index.ts';
import type { BoundModel, Phases } from '../gan/index.ts';
import { describeNetworks } from '../inspect/index.ts';
import {
  createRun,
  type EventLog,
  type JsonObject,
  listCheckpoints,
  loadNewestCheckpoint,
  lockRun,
  type Mailbox,
  openEventLog,
  openMailbox,
  openRun,
  type Run,
  type RunLock,
  saveCheckpoint,
} from '../store/index.ts';
import { type Config, type LoopEvent, loop, parseConfig, Trainer, traceTraining } from '../train/index.ts';
import { checkMemory } from './memory-plan.ts';
import { imagesOf, modelOf, stepOptionsOf } from './run-model.ts';
import { type RunEvaluation, RunScores } from './run-scores.ts';
import { SheetPainter } from './sheet-painter.ts';
import { type ConfigOptions, newConfig, resumedConfig } from './train-config.ts';
import { openTrainData, type TrainData, type TrainDataOptions } from './train-data.ts';
import { overseen, progressOf, returnPoint } from './train-oversight.ts';

export interface TrainOptions extends ConfigOptions, Omit<TrainDataOptions, 'data'> {
  /** Folder of the run: a new one, or with `resume` one that exists. */
  readonly out: string;
  /** Go on from the newest good checkpoint of `out`. Only `steps` may then differ from the run's config. */
  readonly resume?: boolean | undefined;
  readonly device?: NodeDevice | undefined;
  /** Threads on the CPU; default: all that the process may use. */
  readonly threads?: number | undefined;
  /** Begin even if a step needs more memory than there is. */
  readonly ignoreMemory?: boolean | undefined;
  /** Stops the run after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

export interface StartedEvent {
  readonly type: 'started';
  readonly run: string;
  readonly config: Config;
  /** Steps that are done already, and the checkpoint that holds them. */
  readonly step: number;
  readonly checkpoint: string | undefined;
  readonly model: BoundModel;
  /** Trainable numbers of both networks. */
  readonly parameters: { readonly generator: number; readonly discriminator: number };
  readonly dataset: Dataset;
  /** Images that are never trained on; undefined if there are none. */
  readonly heldOut: Dataset | undefined;
  /** Undefined for a dataset that was handed over as a value. */
  readonly report: DatasetReport | undefined;
  /** Where the first sample sheet will be, once the first step is done. */
  readonly firstSheet: string;
}

export type StepEvent = Extract<LoopEvent, { type: 'step' }>;

export type TrainEvent =
  | { readonly type: 'notice'; readonly text: string }
  | StartedEvent
  | StepEvent
  | { readonly type: 'samples'; readonly step: number; readonly path: string; readonly png: Uint8Array }
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string }
  | ({ readonly type: 'evaluation' } & RunEvaluation)
  /** The run has gone back to `step`, from the step `from`, and goes on as its branch of that number. */
  | {
      readonly type: 'rollback';
      readonly step: number;
      readonly from: number;
      readonly branch: number;
      readonly learningRateFactor: number;
    }
  | Extract<LoopEvent, { type: 'analysis' | 'finding' | 'cleared' | 'diverged' | 'finished' }>
  /** What was asked of the run while it trains, once it is done. */
  | Extract<LoopEvent, { type: 'paused' | 'continued' | 'learningRates' | 'refused' }>;

/**
 * Trains, and tells what happens as it happens. The next step begins when the next event is asked for.
 *
 * Throws UserError for a bad dataset, config or run folder before anything is written, and for a full disk later.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const prepared = await prepare(options);
  const { run, lock, notice } = prepared;
  let log: EventLog | undefined;
  try {
    const mailbox = openMailbox(run);
    log = openEventLog(run.eventsPath, run.fileSystem);
    for (const text of [notice, log.notice, ...mailbox.dropped]) if (text !== undefined) yield { type: 'notice', text };
    yield* trainPrepared(options, prepared, log, mailbox);
  } finally {
    log?.close();
    releaseIfPossible(lock);
  }
}

/** On a full disk the lock cannot be given back; that must not hide the first error, and a dead process holds no lock. */
function releaseIfPossible(lock: RunLock): void {
  try {
    lock.release();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

/** Metrics are a third of the program, and most runs begin without. */
const loadEvaluation = () => import('./run-evaluator.ts');

interface Prepared extends TrainData {
  readonly run: Run;
  readonly lock: RunLock;
  readonly config: Config;
  /** The programs of a step. */
  readonly traced: Phases;
  /** That a step may not fit into memory. */
  readonly notice: string | undefined;
}

async function prepare(options: TrainOptions): Promise<Prepared> {
  const existing = options.resume === true ? openRun(options.out) : undefined;
  const wanted = existing === undefined ? newConfig(options) : resumedConfig(options, existing);
  const data = await openTrainData(options, wanted);
  const { dataset } = data;
  const images = imagesOf(dataset, wanted);
  if (existing !== undefined) {
    checkSameImages(existing.path, wanted, images);
    const planned = planStep(options, wanted, existing.path);
    return { run: existing, lock: lockRun(existing), config: wanted, ...planned, ...data };
  }
  const { model, loss } = options;
  const found = { ...wanted, images, data: { ...wanted.data, channels: dataset.channels } };
  const evaluate = found.evaluate.everySteps === 0 ? found.evaluate : (await loadEvaluation()).settledEvaluation(found);
  const config = parseConfig({ ...found, evaluate }, 'config', { model, loss });
  // What the model or the machine cannot do is said before a folder is made.
  const planned = planStep(options, config, config.preset === undefined ? 'config' : `preset ${config.preset}`);
  const run = createRun(options.out, toJson(config));
  return { run, lock: lockRun(run), config, ...planned, ...data };
}

/**
 * Traces a step. Throws UserError for one that does not fit into memory, unless that is to be ignored; the GPU's is not
 * known.
 */
function planStep(options: TrainOptions, config: Config, where: string): Pick<Prepared, 'traced' | 'notice'> {
  const step = stepOptionsOf(config, modelOf(config, options.model), options.loss);
  let known: Phases | undefined;
  const traced = () => {
    known ??= traceTraining(step);
    return known;
  };
  const isChecked = options.ignoreMemory !== true && options.device !== 'webgpu';
  const notice = isChecked
    ? checkMemory({ step, passes: config.passes, traced }, where, options.resume === true)
    : undefined;
  return { traced: traced(), notice };
}

function checkSameImages(path: string, { images: saved }: Config, images: Config['images']): void {
  if (JSON.stringify(saved) === JSON.stringify(images)) return;
  throw new UserError(
    `${path}: the dataset has changed since the run began: it was ${formatImages(saved)}, it is ${formatImages(images)}. ` +
      'Restore it, or begin a new run with --out.',
  );
}

function formatImages(images: Config['images']): string {
  if (images === undefined) return 'unknown';
  const { resolution, channels, classes, classNames } = images;
  return `${classes} classes (${classNames.join(', ')}) of ${resolution}×${resolution}×${channels}`;
}

function toJson(config: Config): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(config));
  return json;
}

async function* trainPrepared(
  options: TrainOptions,
  prepared: Prepared,
  log: EventLog,
  mailbox: Mailbox,
): AsyncGenerator<TrainEvent> {
  const { run, config, traced, dataset, heldOut, report } = prepared;
  const model = modelOf(config, options.model);
  const { device, threads } = options;
  const runtime = await openRuntime({ ...(device && { device }), ...(threads && { threads }), passes: config.passes });
  const sheets = new SheetPainter(runtime, model, run, config);
  // A run that was stopped before its first checkpoint begins again, and so becomes the run it would have been.
  const from = listCheckpoints(run).length > 0 ? loadNewestCheckpoint(run) : undefined;
  for (const { folder, reason } of from?.refused ?? []) {
    yield { type: 'notice', text: `checkpoint ${folder} was refused (${reason}); the one before it is used.` };
  }
  const step = from?.checkpoint.step ?? 0;
  const { generator, discriminator } = describeNetworks(model, config.batch);
  const parameters = { generator: generator.parameters, discriminator: discriminator.parameters };
  const firstSheet = sheets.pathOf(step + 1);
  const checkpoint = from?.checkpoint.folder;
  yield {
    type: 'started',
    run: run.path,
    config,
    step,
    checkpoint,
    model,
    parameters,
    dataset,
    heldOut,
    report,
    firstSheet,
  };
  const progress = from && progressOf(from.checkpoint);
  const { learningRateFactor } = config.watch;
  const stepOptions = stepOptionsOf(config, model, options.loss);
  const trainer = await Trainer.create({
    ...stepOptions,
    traced,
    dataset,
    seed: config.seed,
    runtime,
    from: from && {
      step,
      state: from.checkpoint.state,
      branch: progress?.branch,
      learningRates: progress?.learningRates,
    },
    learningRateFactor,
  });
  const oversight = overseen({ config, model, loss: stepOptions.loss, dataset, heldOut, runtime }, progress);
  const { everySteps, keepBest = '' } = config.evaluate;
  const openScores = async () => {
    const { openRunEvaluator } = await loadEvaluation();
    return new RunScores(run, await openRunEvaluator(runtime, { run, config, model, dataset }), keepBest);
  };
  const scores = everySteps === 0 ? undefined : await openScores();
  log.append(options.resume === true ? 'resumed' : 'started', {
    step,
    steps: config.steps,
    time: new Date().toISOString(),
  });
  for await (const event of loop(trainer, config, options.signal, oversight, mailbox.take)) {
    if (event.type === 'sample') {
      const sheet = await sheets.paint(event.step, await event.generator());
      // The next step meets the same numbers, and is where divergence is reported.
      if (sheet === undefined) yield { type: 'notice', text: `step ${event.step}: the generator makes NaN; no sheet.` };
      else yield { type: 'samples', step: event.step, ...sheet };
    } else if (event.type === 'evaluate') {
      const taken = await scores?.take(event);
      if (typeof taken === 'string') yield { type: 'notice', text: `step ${event.step} is not scored: ${taken}` };
      if (typeof taken !== 'object') continue;
      log.append('evaluation', { ...taken });
      yield { type: 'evaluation', ...taken };
    } else if (event.type === 'checkpoint') {
      const { step: at, imagesSeen, progress: training, keepBefore } = event;
      log.sync();
      const state = await event.state();
      const path = saveCheckpoint(run, {
        step: at,
        imagesSeen,
        state,
        training,
        keep: config.keepCheckpoints,
        keepBefore,
      });
      log.append('checkpoint', { step: at });
      yield { type: 'checkpoint', step: at, path };
    } else if (event.type === 'rollback') {
      const point = returnPoint(run, event.before);
      const back = { step: point?.step ?? 0, from: event.step, branch: event.branch };
      log.append('rollback', back);
      event.returnTo(point);
      yield { type: 'rollback', ...back, learningRateFactor };
    } else {
      const { type, ...fields } = event;
      log.append(type, 'error' in fields ? { step: fields.step, error: fields.error.message } : { ...fields });
      yield event;
    }
  }
}
