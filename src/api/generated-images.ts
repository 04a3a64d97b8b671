/** The images that a run's generator makes, as a set to be scored. */

import { UserError } from '../base/errors.ts';
import type { Runtime } from '../engine/index.ts';
import { samplingStatistics } from '../gan/index.ts';
import type { GeneratorOrigin, ImageSet } from '../metrics/index.ts';
import { Generator, type LatentNarrowing, latents, toBytes } from '../sample/index.ts';
import { statedImages } from './run-model.ts';
import type { TrainedRun } from './trained-run.ts';

export interface GeneratedOptions extends LatentNarrowing {
  readonly count: number;
  /** Of the latents. */
  readonly seed: number;
  /** Batches that batch norm's statistics are taken anew over; default: the running ones of training. */
  readonly standingStatistics?: number | undefined;
}

export interface GeneratedImages {
  readonly set: ImageSet;
  readonly origin: GeneratorOrigin;
  readonly generator: Generator;
}

/** Latents of scores are not those of sample sheets of the same seed. */
const stream = 'evaluation';
/** Images made in one run of the program: a matter of memory and speed only. */
const madeAtOnce = 50;

/**
 * `count` images of the averaged generator of a run, made anew whenever they are read. Classes take turns, so that each has
 * as many images as another, or one more.
 *
 * Throws UserError for a count that is none, and as `Generator.open` and `latents` do.
 */
export async function generatedImages(
  runtime: Runtime,
  trained: Pick<TrainedRun, 'config' | 'model'> & { readonly name: string; readonly step: number },
  state: TrainedRun['checkpoint']['state'],
  options: GeneratedOptions,
): Promise<GeneratedImages> {
  const { config, model, name, step } = trained;
  const { count, seed, standingStatistics: accumulations, ...narrowing } = options;
  checkCount(count);
  const { channels, resolution, classes, classNames } = statedImages(config);
  const pieceSize = config.batch / config.accumulation;
  const generator = await Generator.open(runtime, model, state, {
    batch: madeAtOnce,
    ...(accumulations !== undefined && {
      standingStatistics: { accumulations, batch: pieceSize, seed: config.seed, ...narrowing },
    }),
  });
  async function* batches(size: number) {
    const imageBytes = 3 * resolution ** 2;
    for (let first = 0; first < count; first += madeAtOnce) {
      // Always a whole batch, since some generators normalise over it; what is too much of the last one is left out.
      const labels = Int32Array.from({ length: madeAtOnce }, (_, i) => (classes === 0 ? 0 : (first + i) % classes));
      const z = latents(seed, madeAtOnce, model, { ...narrowing, first, stream });
      const bytes = toBytes((await generator.generate(z, labels)).images);
      const pixels = channels === 3 ? bytes : thrice(bytes, resolution ** 2);
      const made = Math.min(madeAtOnce, count - first);
      for (let start = 0; start < made; start += size) {
        const end = Math.min(start + size, made);
        yield {
          pixels: pixels.subarray(start * imageBytes, end * imageBytes),
          count: end - start,
          height: resolution,
          width: resolution,
          labels: labels.subarray(start, end),
        };
      }
    }
  }
  return {
    set: { name, count, classNames, fingerprint: undefined, warnings: [], batches },
    origin: {
      step,
      network: 'ema.G',
      batchNorm: batchNormWords(model, accumulations, pieceSize),
      seed,
      ...(narrowing.truncation !== undefined && { truncation: narrowing.truncation }),
      ...(narrowing.scale !== undefined && { scale: narrowing.scale }),
    },
    generator,
  };
}

function batchNormWords(model: TrainedRun['model'], accumulations: number | undefined, pieceSize: number): string {
  if (accumulations !== undefined) return `standing statistics of ${accumulations} × ${pieceSize} images`;
  const statistics = samplingStatistics(model);
  return statistics === 'batch'
    ? `statistics of ${madeAtOnce} images`
    : statistics === 'none'
      ? 'none'
      : 'running statistics';
}

/** Grey planes, each as three equal ones. */
function thrice(planes: Uint8Array, planeSize: number): Uint8Array {
  const rgb = new Uint8Array(3 * planes.length);
  for (let start = 0; start < planes.length; start += planeSize) {
    const plane = planes.subarray(start, start + planeSize);
    for (let channel = 0; channel < 3; channel++) rgb.set(plane, 3 * start + channel * planeSize);
  }
  return rgb;
}

function checkCount(count: number): void {
  if (Number.isInteger(count) && count >= 2) return;
  throw new UserError(`evaluate: count is ${count}; expected a whole number of images, 2 or more.`);
}
