/** Where the time and the memory of a preset's training step go: a few steps on the CPU, recorded by ONNX Runtime. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { type Dataset, datasetFrom } from '../data/index.ts';
import { type AppliedPass, openRuntime, optimize, type PassSelection, type Program } from '../engine/index.ts';
import { flopsOf } from '../engine/ir/cost.ts';
import { type HeldPiece, heldAtPeak, memoryOf } from '../engine/ir/memory.ts';
import { profileOf, readTrace, type StepProfile } from '../inspect/index.ts';
import { writeFileAtomic } from '../store/index.ts';
import { type Config, findPreset, Trainer, type TrainerOptions } from '../train/index.ts';
import { checkMemory } from './memory-plan.ts';
import { imagesOf, modelOf, stepOptionsOf } from './run-model.ts';
import { type ConfigOptions, newConfig } from './train-config.ts';
import { openTrainingImages } from './train-data.ts';

export interface ProfileOptions extends Omit<ConfigOptions, 'preset' | 'steps'> {
  /** Steps that are recorded, and as many that are timed without the recorder. Default 5. */
  readonly steps?: number | undefined;
  /** Threads on the CPU; default: all that the process may use. */
  readonly threads?: number | undefined;
  /** Begin even if a step needs more memory than there is. */
  readonly ignoreMemory?: boolean | undefined;
  /** Where the trace is kept, in the Chrome trace format; default: nowhere. */
  readonly trace?: string | undefined;
  /** Called after every step. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

/** One of the programs that a step consists of. */
export interface ProgramProfile {
  readonly name: string;
  /** The most that it holds at one time, as planned from its nodes, and as ONNX Runtime's allocator counted it. */
  readonly plannedBytes: number;
  readonly allocatedBytes: number;
  /** What the allocator had asked the system for by then. */
  readonly heldBytes: number;
  /** What it holds then, by the plan. */
  readonly held: readonly HeldPiece[];
  readonly appliedPasses: readonly AppliedPass[];
}

export interface Profile extends StepProfile {
  readonly preset: string;
  readonly batch: number;
  readonly generatorBatch: number;
  /** What was trained on: the dataset, or `random` images where that is not there. */
  readonly images: string;
  readonly passes: PassSelection;
  readonly steps: number;
  /** A step as it is in training: the median, and each. */
  readonly stepSeconds: number;
  readonly secondsByStep: readonly number[];
  /** A step while it is recorded, which takes a little longer, and of it what is outside the programs: means. */
  readonly recordedSeconds: number;
  readonly outsideSeconds: number;
  /** Operations of a step as it is written, and of what the passes left. */
  readonly writtenFlops: number;
  readonly flops: number;
  /** The most that the process has had in memory. */
  readonly processBytes: number;
  /** In the order of their first call. */
  readonly programs: readonly ProgramProfile[];
}

/**
 * Trains a preset for a few steps, as `train` would with these options, and tells where they went. Nothing is kept of what it
 * learns. Where the preset's dataset is not there it takes random images; one that is named in `data` must be there.
 *
 * Throws UserError for a config or a dataset that is wrong, and where a step does not fit into memory.
 */
export async function profile(preset: string, options: ProfileOptions = {}): Promise<Profile> {
  const { steps = 5, trace } = options;
  const { config, dataset } = await openImages(preset, options);
  const { passes } = config;
  const step = stepOptionsOf(config, modelOf(config, options.model), options.loss);
  if (options.ignoreMemory !== true) checkMemory({ step, passes }, `preset ${preset}`, false);
  const recording = await record({ ...step, dataset, seed: config.seed }, passes, options);
  const { secondsByStep, recordedSeconds, processBytes, calls, texts } = recording;
  if (trace !== undefined) writeFileAtomic(trace, Buffer.from(joined(texts)));

  const programs = [...new Set(calls)].map((program, i) => {
    const { runs, peakBytes, heldBytes } = readTrace(texts[i] ?? '', `the trace of ${program.graph.name}`);
    const counted = runs.slice((runs.length * warmUpSteps) / (warmUpSteps + steps));
    return { program, graph: optimize(program.graph, 'cpu', passes).graph, runs: counted, peakBytes, heldBytes };
  });
  const found = profileOf(programs, steps);
  return {
    preset,
    batch: config.batch,
    generatorBatch: config.generatorBatch ?? config.batch,
    images: dataset.name,
    passes,
    steps,
    stepSeconds: median(secondsByStep),
    secondsByStep,
    recordedSeconds,
    outsideSeconds: recordedSeconds - found.programSeconds,
    writtenFlops: calls.flatMap(({ graph }) => graph.nodes).reduce((total, node) => total + flopsOf(node), 0),
    flops: found.places.reduce((total, { flops }) => total + flops, 0),
    processBytes,
    programs: programs.map(({ program: { graph: written, appliedPasses }, graph, peakBytes, heldBytes }) => ({
      name: written.name,
      plannedBytes: memoryOf(graph).peakBytes,
      allocatedBytes: peakBytes,
      heldBytes,
      held: heldAtPeak(graph),
      appliedPasses,
    })),
    ...found,
  };
}

/** Steps before those that count: the first two of a session are slow, since its memory grows. */
const warmUpSteps = 2;

interface Recording {
  /** Seconds of steps that are only timed, and the mean of those that are recorded. */
  readonly secondsByStep: readonly number[];
  readonly recordedSeconds: number;
  readonly processBytes: number;
  /** The programs of a step as it calls them, and the trace of each, in the order of their first call. */
  readonly calls: readonly Program[];
  readonly texts: readonly string[];
}

async function record(
  training: Omit<TrainerOptions, 'runtime'>,
  passes: PassSelection,
  { steps = 5, threads, onStep }: ProfileOptions,
): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-profile-'));
  try {
    const runtime = await openRuntime({ ...(threads && { threads }), passes, profilePrefix: join(folder, 'trace') });
    const trainer = await Trainer.create({ ...training, runtime });
    const timeSteps = async (count: number) => {
      const seconds: number[] = [];
      for (let i = 0; i < count; i++) {
        const from = performance.now();
        await trainer.advance();
        seconds.push((performance.now() - from) / 1000);
        onStep?.(trainer.step, warmUpSteps + 2 * steps);
      }
      return seconds;
    };
    await timeSteps(warmUpSteps);
    const recorded = await timeSteps(steps);
    for (const program of new Set(trainer.programs)) program.endProfiling();
    const secondsByStep = await timeSteps(steps);
    await trainer.close();
    return {
      secondsByStep,
      recordedSeconds: recorded.reduce((total, seconds) => total + seconds, 0) / steps,
      processBytes: process.resourceUsage().maxRSS * 1024,
      calls: trainer.programs,
      // A trace is named after the time at which its program was compiled.
      texts: readdirSync(folder)
        .sort()
        .map((file) => readFileSync(join(folder, file), 'utf8')),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The preset's config with these changes, and its images, or random ones. */
async function openImages(preset: string, options: ProfileOptions): Promise<{ config: Config; dataset: Dataset }> {
  const { steps: _, ...changes } = options;
  const source = options.data ?? options.config?.data?.source ?? findPreset(preset).config.data.source;
  const wanted = newConfig({ ...changes, preset, data: source ?? randomImages });
  const dataset = await datasetOf(wanted, options.data);
  return { config: { ...wanted, images: imagesOf(dataset, wanted) }, dataset };
}

const randomImages = 'random images';

async function datasetOf(config: Config, data: ConfigOptions['data']): Promise<Dataset> {
  if (typeof data === 'object') return data;
  try {
    if (config.data.source !== randomImages) return await openTrainingImages(config);
  } catch (error) {
    if (data !== undefined || !(error instanceof UserError)) throw error;
  }
  const { resolution, channels = config.images?.channels ?? 3, flip } = config.data;
  const count = 2 * config.batch;
  const random = new Random(config.seed, randomImages, 0);
  const images = Uint8Array.from({ length: count * channels * resolution ** 2 }, () => random.below(256));
  const classes = config.images?.classes ?? 0;
  const labelled = classes > 0 && {
    labels: Array.from({ length: count }, (_, i) => i % classes),
    classNames: Array.from({ length: classes }, (_, i) => String(i)),
  };
  return datasetFrom({ name: randomImages, images, channels, resolution, flip, ...labelled });
}

/** The traces of several programs as one, each as a process of its own. */
function joined(texts: readonly string[]): string {
  const events = texts.flatMap((text, pid) => {
    const ofProgram: object[] = JSON.parse(text);
    return ofProgram.map((event) => ({ ...event, pid }));
  });
  return JSON.stringify(events);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
