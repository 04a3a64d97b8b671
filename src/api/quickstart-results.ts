/** What a quickstart shows in the end: samples, attention, curves, and a score. */

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Runtime } from '../engine/index.ts';
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
import { writeFileAtomic } from '../store/index.ts';
import { type AttentionReport, drawAttention, reportAttention, studyAttention } from './attention.ts';
import { drawRunCurves } from './curves.ts';
import { generatedImages } from './generated-images.ts';
import { statedImages } from './run-model.ts';
import { softwareVersion } from './software.ts';
import type { TrainedRun } from './trained-run.ts';

/** The classifier that scores samples. */
const judge = 'mnist';
const samplesPerClass = 100;
/** Of the latents that are scored: the number of SAGAN's paper at arXiv, which no run is likely to have for its own seed. */
const scoreSeed = 1805_08318;
const sheetColumns = 10;

export interface QuickstartResult {
  readonly run: string;
  readonly steps: number;
  /** Wall time of this call, training and all. */
  readonly seconds: number;
  readonly score: QuickstartScore;
  readonly attention: AttentionReport;
  readonly pictures: { readonly sheet: string; readonly attention: string; readonly curves: string };
}

/** Class accuracy, in short; `scores/class-accuracy.json` holds it with its passport. */
export interface QuickstartScore extends Pick<ClassAccuracy, 'accuracy' | 'perClass'> {
  readonly samples: number;
  /** The classifier's own, on MNIST's test images. */
  readonly testAccuracy: number;
}

/** Draws the pictures and scores the samples; the score, in `scorePath`, comes last, as it marks the quickstart as done. */
export async function presentQuickstart(
  runtime: Runtime,
  trained: TrainedRun,
  scorePath: string,
): Promise<Omit<QuickstartResult, 'seconds'>> {
  const { run, checkpoint } = trained;
  const generator = await Generator.open(runtime, trained.model, checkpoint.state);
  const study = await studyAttention(runtime, trained);
  const write = (name: string, content: Uint8Array) => {
    const path = join(run.path, name);
    writeFileAtomic(path, content, run.fileSystem);
    return path;
  };
  const pictures = {
    sheet: write('sheet.png', await drawSheet(generator, trained)),
    attention: write('attention.png', await drawAttention(study, 'png')),
    curves: write('curves.png', await drawRunCurves(run)),
  };
  const { file, score } = await scoreClasses(runtime, trained);
  mkdirSync(dirname(scorePath), { recursive: true });
  writeFileAtomic(scorePath, scoreFileBytes(file), run.fileSystem);
  return { run: run.path, steps: checkpoint.step, score, attention: reportAttention(study), pictures };
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
