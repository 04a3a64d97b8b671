/** A whole training run: dataset, run folder, lock, loop, checkpoints, sample sheets, event log. */

import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type Dataset, type DatasetReport, openDataset } from '../data/index.ts';
import { type NodeDevice, openRuntime, type Runtime, type State } from '../engine/index.ts';
import type { BoundModel, GanLoss, ModelEntry } from '../gan/index.ts';
import { board, Generator, sampleSheet, toBytes } from '../sample/index.ts';
import {
  createRun,
  type EventLog,
  type Json,
  type JsonObject,
  listCheckpoints,
  loadNewestCheckpoint,
  lockRun,
  openEventLog,
  openRun,
  type Run,
  type RunLock,
  saveCheckpoint,
  writeFileAtomic,
} from '../store/index.ts';
import {
  applySetting,
  type Config,
  type ConfigInput,
  findPreset,
  type LoopEvent,
  loop,
  parseConfig,
  Trainer,
} from '../train/index.ts';
import { imagesOf, modelOf, stepOptionsOf } from './run-model.ts';

export interface TrainOptions {
  /** Folder of the run: a new one, or with `resume` one that exists. */
  readonly out: string;
  /** Go on from the newest good checkpoint of `out`. Only `steps` may then differ from the run's config. */
  readonly resume?: boolean;
  readonly preset?: string;
  /** Changes to the preset, or a whole config where there is none. */
  readonly config?: Partial<ConfigInput>;
  /** Further changes as text, `key.path=value`. */
  readonly settings?: readonly string[];
  /** Name or path of the dataset, or the dataset itself. */
  readonly data?: string | Dataset;
  readonly steps?: number;
  readonly seed?: number;
  readonly batch?: number;
  /** A model of your own, with `config.model` as its options. */
  readonly model?: ModelEntry;
  /** A loss of your own. */
  readonly loss?: GanLoss;
  readonly device?: NodeDevice;
  readonly threads?: number;
  /** Stops the run after the step in progress, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Called while images are decoded. */
  readonly onDecode?: (done: number, total: number) => void;
}

type StepEvent = Extract<LoopEvent, { type: 'step' }>;

export type TrainEvent =
  | { readonly type: 'notice'; readonly text: string }
  | {
      readonly type: 'started';
      readonly run: string;
      readonly config: Config;
      readonly step: number;
      readonly model: BoundModel;
      readonly dataset: Dataset;
      readonly report: DatasetReport | undefined;
    }
  | StepEvent
  | { readonly type: 'samples'; readonly step: number; readonly path: string; readonly png: Uint8Array }
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string }
  | Extract<LoopEvent, { type: 'diverged' | 'finished' }>;

/**
 * Trains, and tells what happens as it happens. The next step begins when the next event is asked for.
 *
 * Throws UserError for a bad dataset, config or run folder before anything is written, and for a full disk later.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const prepared = await prepare(options);
  const { run, lock } = prepared;
  let log: EventLog | undefined;
  try {
    log = openEventLog(run.eventsPath, run.fileSystem);
    if (log.notice !== undefined) yield { type: 'notice', text: log.notice };
    yield* trainPrepared(options, prepared, log);
  } finally {
    log?.close();
    lock.release();
  }
}

interface Prepared {
  readonly run: Run;
  readonly lock: RunLock;
  readonly config: Config;
  readonly dataset: Dataset;
  readonly report: DatasetReport | undefined;
}

async function prepare(options: TrainOptions): Promise<Prepared> {
  const existing = options.resume === true ? openRun(options.out) : undefined;
  const wanted = existing === undefined ? newConfig(options) : resumedConfig(options, existing);
  const { dataset, report } = await findDataset(options, wanted);
  const images = imagesOf(dataset, wanted);
  if (existing !== undefined) {
    checkSameImages(existing.path, wanted, images);
    return { run: existing, lock: lockRun(existing), config: wanted, dataset, report };
  }
  const config = parseConfig({ ...wanted, images, data: { ...wanted.data, channels: dataset.channels } }, 'config');
  modelOf(config, options.model); // A resolution or width that the model cannot do is said before a folder is made.
  const run = createRun(options.out, toJson(config));
  return { run, lock: lockRun(run), config, dataset, report };
}

/** The preset, changed by config, settings and options, in this order. */
function newConfig(options: TrainOptions): Config {
  const { preset, config = {}, settings = [], data, steps, seed, batch } = options;
  const base = preset === undefined ? {} : { preset, ...findPreset(preset).config };
  const merged = mergeConfigs(base, config);
  const source = typeof data === 'string' ? data : data?.name;
  const named = Object.entries({ 'data.source': source, steps, seed, batch })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const value = [...settings, ...named].reduce<unknown>(applySetting, merged);
  return parseConfig(value, preset === undefined ? 'config' : `preset ${preset}`);
}

/** Objects are merged key by key, everything else is replaced. */
function mergeConfigs(base: object, changes: object): object {
  const isPlain = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    const old = merged.get(key);
    merged.set(key, isPlain(old) && isPlain(value) ? mergeConfigs(old, value) : value);
  }
  return Object.fromEntries(merged);
}

/** The run's own config; of the options only `steps` may differ, anything else would make it another run. */
function resumedConfig(options: TrainOptions, run: Run): Config {
  const config = parseConfig(run.config, run.configPath);
  const { settings = [], seed, batch, preset } = options;
  const changed = [
    ...settings.map((setting) => `--set ${setting}`),
    ...(seed === undefined || seed === config.seed ? [] : [`seed ${seed} (the run has ${config.seed})`]),
    ...(batch === undefined || batch === config.batch ? [] : [`batch ${batch} (the run has ${config.batch})`]),
    ...(preset === undefined || preset === config.preset ? [] : [`preset ${preset} (the run has ${config.preset})`]),
  ];
  if (changed.length > 0) {
    throw new UserError(
      `${run.path}: a resumed run keeps its config, but this was asked for: ${changed.join(', ')}. ` +
        'Leave it out, or begin a new run with --out.',
    );
  }
  return { ...config, steps: options.steps ?? config.steps };
}

async function findDataset(options: TrainOptions, config: Config): Promise<Pick<Prepared, 'dataset' | 'report'>> {
  if (options.data !== undefined && typeof options.data !== 'string')
    return { dataset: options.data, report: undefined };
  const { source, resolution, channels, background, flip, skipBad } = config.data;
  const name = options.data ?? source;
  return openDataset(name, { resolution, channels, background, flip, skipBad, onProgress: options.onDecode });
}

function checkSameImages(path: string, { images: saved }: Config, images: Config['images']): void {
  if (JSON.stringify(saved) === JSON.stringify(images)) return;
  throw new UserError(
    `${path}: the dataset has changed since the run began: it was ${describe(saved)}, it is ${describe(images)}. ` +
      'Restore it, or begin a new run with --out.',
  );
}

function describe(images: Config['images']): string {
  if (images === undefined) return 'unknown';
  return `${images.classes} classes (${images.classNames.join(', ')}) of ${images.resolution}×${images.resolution}×${images.channels}`;
}

function toJson(config: Config): JsonObject {
  const json: Json = JSON.parse(JSON.stringify(config));
  if (json === null || typeof json !== 'object' || Array.isArray(json)) throw new Error('a config is an object');
  return json as JsonObject;
}

async function* trainPrepared(options: TrainOptions, prepared: Prepared, log: EventLog): AsyncGenerator<TrainEvent> {
  const { run, config, dataset, report } = prepared;
  const model = modelOf(config, options.model);
  const runtime = await openRuntime(runtimeOptions(options));
  // A run that was stopped before its first checkpoint begins again, and so becomes the run it would have been.
  const from = listCheckpoints(run).length > 0 ? loadNewestCheckpoint(run) : undefined;
  for (const { folder, reason } of from?.refused ?? []) {
    yield { type: 'notice', text: `checkpoint ${folder} was refused (${reason}); the one before it is used.` };
  }
  const step = stepOptionsOf(config, model);
  const trainer = await Trainer.create({
    ...step,
    loss: options.loss ?? step.loss,
    dataset,
    seed: config.seed,
    runtime,
    ...(from === undefined ? {} : { from: from.checkpoint }),
  });
  log.append(options.resume === true ? 'resumed' : 'started', { step: trainer.step, time: new Date().toISOString() });
  yield { type: 'started', run: run.path, config, step: trainer.step, model, dataset, report };
  const sheets = new SheetPainter(runtime, model, run, config);
  for await (const event of loop(trainer, config, options.signal)) {
    if (event.type === 'sample') yield await sheets.paint(event.step, await event.generator());
    else if (event.type === 'checkpoint') {
      const { step: at, imagesSeen } = event;
      log.sync();
      const path = saveCheckpoint(run, {
        step: at,
        imagesSeen,
        state: await event.state(),
        keep: config.keepCheckpoints,
      });
      log.append('checkpoint', { step: at });
      yield { type: 'checkpoint', step: at, path };
    } else {
      const { type, ...fields } = event;
      log.append(type, 'error' in fields ? { step: fields.step, error: fields.error.message } : { ...fields });
      yield event;
    }
  }
}

function runtimeOptions({ device, threads }: TrainOptions): { device?: NodeDevice; threads?: number } {
  return { ...(device === undefined ? {} : { device }), ...(threads === undefined ? {} : { threads }) };
}

/** Draws the same latents again and again, so that sheets of different steps can be compared. */
class SheetPainter {
  private readonly runtime: Runtime;
  private readonly model: BoundModel;
  private readonly run: Run;
  private readonly config: Config;

  constructor(runtime: Runtime, model: BoundModel, run: Run, config: Config) {
    this.runtime = runtime;
    this.model = model;
    this.run = run;
    this.config = config;
  }

  async paint(step: number, state: State): Promise<TrainEvent> {
    const { classes, resolution, channels } = this.model.images;
    const size = { rows: classes === 0 ? 8 : Math.min(classes, 10), columns: 8 };
    const cells = board(this.config.seed, { ...size, numClasses: classes, latentDim: this.model.latentDim });
    const generator = await Generator.open(this.runtime, this.model, state, { batch: size.rows * size.columns });
    const { images } = await generator.generate(cells.z, cells.labels);
    const png = await sampleSheet({
      images: toBytes(images),
      channels,
      resolution,
      columns: size.columns,
      rowLabels: (this.config.images?.classNames ?? []).slice(0, size.rows),
      caption: `step ${step}`,
    });
    const path = join(this.run.samplesPath, `step-${String(step).padStart(6, '0')}.png`);
    writeFileAtomic(path, png, this.run.fileSystem);
    return { type: 'samples', step, path, png };
  }
}
