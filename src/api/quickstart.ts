/** The first run: trains a small SAGAN on MNIST, scores it, and draws what it learnt. */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openRuntime, type Runtime } from '../engine/index.ts';
import {
  type ClassAccuracy,
  classifierFile,
  evaluateImages,
  findMetrics,
  findProtocol,
  openClassifierExtractor,
  readClassifier,
  type ScoreFile,
  scoreFileBytes,
} from '../metrics/index.ts';
import { board, Generator, sampleSheet, toBytes } from '../sample/index.ts';
import { openRun, type Run, readEvents, writeFileAtomic } from '../store/index.ts';
import { drawRunAttention, type RunAttention } from './attention.ts';
import { currentEvents, drawRunCurves } from './curves.ts';
import { generatedImages } from './generated-images.ts';
import { statedImages } from './run-model.ts';
import { softwareVersion } from './software.ts';
import { type TrainEvent, type TrainOptions, train } from './train-run.ts';
import { openTrainedRun, type TrainedRun } from './trained-run.ts';

const preset = 'sagan-mnist-mini';
/** The classifier that scores samples. */
const judge = 'mnist';
const samplesPerClass = 100;
/** Of the latents that are scored: the number of SAGAN's paper at arXiv, which no run is likely to have for its own seed. */
const scoreSeed = 1805_08318;
const sheetColumns = 10;

export interface QuickstartOptions extends Pick<TrainOptions, 'steps' | 'seed' | 'threads' | 'settings' | 'signal'> {
  /** Folder of the run; default `runs/quickstart`. */
  readonly out?: string;
}

export interface QuickstartResult {
  readonly run: string;
  readonly steps: number;
  /** Wall time of this call, training and all. */
  readonly seconds: number;
  readonly score: QuickstartScore;
  readonly attention: RunAttention;
  readonly pictures: { readonly sheet: string; readonly attention: string; readonly curves: string };
}

/** Class accuracy, in short; `scores/class-accuracy.json` holds it with its passport. */
export interface QuickstartScore extends Pick<ClassAccuracy, 'accuracy' | 'perClass'> {
  readonly samples: number;
  /** The classifier's own, on MNIST's test images. */
  readonly testAccuracy: number;
}

export type QuickstartEvent = TrainEvent | { readonly type: 'result'; readonly result: QuickstartResult };

/**
 * Trains the preset `sagan-mnist-mini`, or goes on with a quickstart that was interrupted, and tells what happens as it
 * happens. Where `out` holds a run that is done or another's, the new one goes to `out`-2, -3 and so on.
 *
 * Ends with a `result`, and without one when training was stopped or diverged. Throws UserError as `train` does.
 */
export async function* quickstart(options: QuickstartOptions = {}): AsyncGenerator<QuickstartEvent> {
  const startedAt = performance.now();
  const { out = 'runs/quickstart', ...training } = options;
  const { path, resume, notice } = findPlace(out);
  if (notice !== undefined) yield { type: 'notice', text: notice };
  let isTrained = false;
  for await (const event of train({ ...training, preset, out: path, resume })) {
    yield event;
    isTrained = event.type === 'finished' && event.reason === 'steps';
  }
  if (!isTrained) return;
  yield { type: 'notice', text: 'training is done; drawing what was learnt, and scoring samples' };
  const trained = openTrainedRun(path);
  const { threads } = options;
  const runtime = await openRuntime({ ...(threads && { threads }), passes: trained.config.passes });
  const result = await present(runtime, trained);
  yield { type: 'result', result: { ...result, seconds: (performance.now() - startedAt) / 1000 } };
}

interface Place {
  readonly path: string;
  readonly resume: boolean;
  readonly notice?: string;
}

/** The first of `out`, `out`-2, `out`-3 … that a new run can have, or where a quickstart waits to go on. */
function findPlace(out: string): Place {
  for (let number = 1; ; number++) {
    const path = number === 1 ? out : `${out}-${number}`;
    if (!existsSync(join(path, 'config.json'))) {
      const notice = `${out} holds a run already, which is left as it is; this one goes to ${path}.`;
      return { path, resume: false, ...(number === 1 ? {} : { notice }) };
    }
    const run = openRun(path);
    if (isUnfinished(run)) {
      return { path, resume: true, notice: `${path} holds a quickstart that was interrupted; going on with it.` };
    }
  }
}

/** Of a run that diverged or collapsed nothing better would come: the same steps give the same numbers. */
function isUnfinished(run: Run): boolean {
  if (run.config.preset !== preset || existsSync(scorePath(run))) return false;
  const { events } = readEvents(run.eventsPath);
  const reason = currentEvents(events).at(-1)?.reason;
  return reason !== 'diverged' && reason !== 'collapsed';
}

const scorePath = ({ path }: Run) => join(path, 'scores', 'class-accuracy.json');

/** Draws the pictures and scores the samples; the score comes last, as it marks the quickstart as done. */
async function present(runtime: Runtime, trained: TrainedRun): Promise<Omit<QuickstartResult, 'seconds'>> {
  const { run, checkpoint } = trained;
  const generator = await Generator.open(runtime, trained.model, checkpoint.state, { batch: 100 });
  const attention = await drawRunAttention(runtime, trained);
  const write = (name: string, content: Uint8Array) => {
    const path = join(run.path, name);
    writeFileAtomic(path, content, run.fileSystem);
    return path;
  };
  const pictures = {
    sheet: write('sheet.png', await drawSheet(generator, trained)),
    attention: write('attention.png', attention.png),
    curves: write('curves.png', await drawRunCurves(run)),
  };
  const { file, score } = await scoreClasses(runtime, trained);
  mkdirSync(join(run.path, 'scores'), { recursive: true });
  writeFileAtomic(scorePath(run), scoreFileBytes(file), run.fileSystem);
  return { run: run.path, steps: checkpoint.step, score, attention, pictures };
}

/** A row a class and a column a latent, in the latents of the sheets that training drew. */
async function drawSheet(generator: Generator, { config, model, checkpoint }: TrainedRun): Promise<Buffer> {
  const { classes: numClasses, classNames, channels, resolution } = statedImages(config);
  const { z, labels } = board(config.seed, model, { rows: numClasses, columns: sheetColumns, numClasses });
  const { images } = await generator.generate(z, labels);
  return sampleSheet({
    images: toBytes(images),
    channels,
    resolution,
    columns: sheetColumns,
    rowLabels: classNames,
    caption: `step ${checkpoint.step}; a row is a class, a column one latent`,
  });
}

async function scoreClasses(
  runtime: Runtime,
  { run, config, model, checkpoint }: TrainedRun,
): Promise<{ readonly file: ScoreFile; readonly score: QuickstartScore }> {
  const trained = { config, model, name: run.path, step: checkpoint.step };
  const samples = statedImages(config).classes * samplesPerClass;
  const generated = await generatedImages(runtime, trained, checkpoint.state, { count: samples, seed: scoreSeed });
  const file = await evaluateImages({
    runtime,
    extractor: openClassifierExtractor(runtime, judge),
    protocol: findProtocol('torch-fidelity'),
    metrics: findMetrics(['class-accuracy']),
    images: generated.set,
    generator: generated.origin,
    classWise: true,
    software: softwareVersion(),
  });
  const found = file.scores.find(({ passport }) => passport.metric === `class-accuracy-${judge}`);
  if (found?.perClass === undefined) throw new Error('quickstart: class accuracy was not computed.');
  const testAccuracy = Number(readClassifier(classifierFile(judge)).metadata.get('testAccuracy'));
  return { file, score: { accuracy: found.value, perClass: found.perClass, samples, testAccuracy } };
}
