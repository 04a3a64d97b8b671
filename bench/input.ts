/** What training on a folder of images spends beside its step: the step's share of the time of the loop. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Random } from '../src/base/random.ts';
import { Program } from '../src/engine/runtime/program.ts';
import { type Dataset, openDataset, train } from '../src/index.ts';
import type { TurnOptions } from './in-turns.ts';

/** A quarter of the full width: the shorter a step, the more weighs what is beside it. */
const baseWidth = 16;
const resolution = 32;
/** A period of what is due after steps most often, the analysis. */
const measuredSteps = 100;
const warmupSteps = 10;
const imageCount = 500;

/** Trains on a folder after its first pass: the batches drawn ahead in a thread, and drawn between the steps. */
export async function benchInput(name: string, { threads }: TurnOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-bench-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  try {
    const images = join(folder, 'images');
    await writePhotos(images);
    const startedAt = performance.now();
    const { dataset } = await openDataset(images, { resolution, flip: true });
    const firstPassMs = performance.now() - startedAt;
    const run = (data: Dataset) => measure({ data, threads, out: mkdtempSync(join(folder, 'run-')) });
    const ahead = await run(dataset);
    // What is made of a dataset of ours is drawn where it is asked for.
    const between = await run({ ...dataset });
    return {
      name,
      share_of_step: ahead.share,
      step_ms: ahead.stepMs,
      beside_step_ms: ahead.besideMs,
      analysis_ms: ahead.analysisMs,
      share_of_step_without_thread: between.share,
      beside_step_without_thread_ms: between.besideMs,
      first_pass_ms_an_image: firstPassMs / imageCount,
      steps: measuredSteps,
      threads,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Run {
  readonly data: Dataset;
  readonly threads: number;
  /** An empty folder. */
  readonly out: string;
}

async function measure({ data, threads, out }: Run) {
  const settings = ['model.generatorChannels', 'model.discriminatorChannels'].map((name) => `${name}=${baseWidth}`);
  const options = {
    preset: `sagan-images-${resolution}`,
    data,
    settings,
    threads,
    out,
    steps: warmupSteps + measuredSteps,
  };
  const step = timeInStep();
  let [startedAt, inStepBefore, endedAt, analysisMs, lastStepAt] = [0, 0, 0, 0, 0];
  try {
    for await (const event of train(options)) {
      const now = performance.now();
      if (event.type === 'analysis') analysisMs += now - lastStepAt;
      if (event.type !== 'step') continue;
      lastStepAt = now;
      if (event.step === warmupSteps) [startedAt, inStepBefore] = [now, step.ms()];
      if (event.step === warmupSteps + measuredSteps) endedAt = now;
    }
  } finally {
    step.stop();
  }
  const wallMs = endedAt - startedAt;
  const inStepMs = step.ms() - inStepBefore;
  return {
    share: inStepMs / wallMs,
    stepMs: inStepMs / measuredSteps,
    besideMs: (wallMs - inStepMs - analysisMs) / measuredSteps,
    analysisMs,
  };
}

/** Adds up the time that training steps spend in their program, whoever runs them. */
function timeInStep() {
  const { run } = Program.prototype;
  let total = 0;
  Program.prototype.run = async function (feeds) {
    const startedAt = performance.now();
    const outputs = await run.call(this, feeds);
    if (this.graph.name === 'step') total += performance.now() - startedAt;
    return outputs;
  };
  const stop = () => {
    Program.prototype.run = run;
  };
  return { ms: () => total, stop };
}

/** JPEG files of a common photo's proportions, noise on gradients, so that they are no easier to decode than photos are. */
async function writePhotos(folder: string): Promise<void> {
  mkdirSync(folder);
  const [width, height] = [178, 218];
  for (let n = 0; n < imageCount; n++) {
    const noise = new Random(n, 'photo').integers(width * height * 3, 64);
    const raw = Uint8Array.from(noise, (value, i) => value + (((i % (3 * width)) * (n % 7)) % 192));
    await sharp(raw, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toFile(join(folder, `${n}.jpg`));
  }
}
