/** BigGAN's analyses: what is measured of a run's networks at an interval. It moves nothing of the run. */

import { Random } from '../base/random.ts';
import type { Dataset } from '../data/index.ts';
import type { DeviceTensor, Program, Runtime, TensorData } from '../engine/index.ts';
import { type AnalysisPrograms, type BoundModel, drawValues, type GanLoss, traceAnalysis } from '../gan/index.ts';
import { type Rows, singularValues, spectrumBlock } from './analysis-spectra.ts';
import { type HeldOut, HeldOutJudge } from './held-out.ts';

/** The largest singular values of a weight as the matrix [outputs, rest], in descending order. */
export type Spectrum = {
  /** Of the weight as it is trained. */
  readonly raw: readonly number[];
  /** Of the weight as the network applies it, divided by its estimate of spectral norm; absent without spectral norm. */
  readonly normalized?: readonly number[];
};

/** Numbers are rounded to six digits, as they are written to the log. */
export type Analysis = {
  /** By the name of the weight. */
  readonly spectra: Readonly<Record<string, Spectrum>>;
  /** Gates of attention, by their path. */
  readonly gamma: Readonly<Record<string, number>>;
  /** Mean ‖∇ₓD(x)‖₂ at real images and at samples. */
  readonly gradNormReal: number;
  readonly gradNormFake: number;
  /** Mean over pairs of the root mean square of the difference of pixels in −1 … 1: of real images, of samples. */
  readonly distanceReal: number;
  readonly distanceFake: number;
  /** The same over samples of one class; absent without classes. */
  readonly distanceWithinClass?: number;
  /** How many labels there are among how many real images. */
  readonly distinctLabels: number;
  readonly images: number;
  /** Absent where no images are held out. */
  readonly heldOut?: HeldOut;
};

/** Enough pairs (496) for a steady mean, at a fraction of a step's cost. */
const mostImages = 32;

/** Classes of the samples; with more there would be too few pairs of the same class. */
const mostClasses = 8;

export interface AnalyserOptions {
  readonly model: BoundModel;
  readonly dataset: Dataset;
  readonly runtime: Runtime;
  readonly seed: number;
  /** Images that a step holds at once: an analysis holds no more of them, and at most 32. */
  readonly batch: number;
  /** Images that are never trained on, and the loss that the discriminator is compared by. */
  readonly heldOut?: { readonly dataset: Dataset; readonly loss: GanLoss } | undefined;
}

/** What is analysed: a state where it lies, and how far its run is. */
export interface Analysed {
  readonly tensors: Readonly<Record<string, DeviceTensor>>;
  readonly imagesSeen: number;
}

/** Measures one state after another, always of the same latents. */
export class Analyser {
  private readonly options: AnalyserOptions;
  private readonly images: number;
  private readonly traced: AnalysisPrograms;
  private readonly networks: Program;
  private readonly gramians: Program;
  private readonly heldOut: HeldOutJudge | undefined;

  private constructor(
    options: AnalyserOptions,
    images: number,
    traced: AnalysisPrograms,
    networks: Program,
    gramians: Program,
    heldOut: HeldOutJudge | undefined,
  ) {
    this.options = options;
    this.images = images;
    this.traced = traced;
    this.networks = networks;
    this.gramians = gramians;
    this.heldOut = heldOut;
  }

  /** Traces and compiles the programs. */
  static async create(options: AnalyserOptions): Promise<Analyser> {
    const images = Math.max(2, Math.min(mostImages, options.batch));
    const traced = traceAnalysis(options.model, images, spectrumBlock);
    const { runtime } = options;
    const programs = [await runtime.compile(traced.networks), await runtime.compile(traced.gramians)] as const;
    const { heldOut } = options;
    const judge = heldOut && (await HeldOutJudge.create({ ...options, heldOut: heldOut.dataset, loss: heldOut.loss }));
    return new Analyser(options, images, traced, ...programs, judge);
  }

  /** A function of the state, the run's seed and its position in the data. */
  async analyse({ tensors, imagesSeen }: Analysed): Promise<Analysis> {
    const { model, dataset, seed } = this.options;
    const { resolution, channels, classes } = model.images;
    const { z, labels: fakeLabels } = this.traced.draws;
    const batch = dataset.batchAt(imagesSeen, this.images, seed);
    const sampled = Int32Array.from({ length: this.images }, (_, n) => n % Math.max(1, Math.min(mostClasses, classes)));
    const measured = await this.run(this.networks, tensors, {
      images: { dtype: 'uint8', shape: [this.images, channels, resolution, resolution], data: batch.images },
      labels: { dtype: 'int32', shape: [this.images], data: batch.labels },
      [z.name]: drawValues(z, new Random(seed, z.name)),
      [fakeLabels.name]: { dtype: 'int32', shape: [this.images], data: sampled },
    });
    const number = (name: string) => measured[name]?.data[0] ?? Number.NaN;
    const distance = (of: 'real' | 'fake', counts: (i: number, j: number) => boolean = () => true) =>
      meanDistance(measured[`distances.${of}`]?.data ?? [], this.images, counts);
    const spectra = await singularValues(this.traced.weights, seed, (probes) => this.multiply(tensors, probes));
    return {
      spectra: Object.fromEntries(
        [...spectra].map(([name, values]) => [name, spectrumOf(values, number(name.replace(/weight$/, 'sigma')))]),
      ),
      gamma: Object.fromEntries(
        Object.keys(measured).flatMap((name) => (name.endsWith('.gamma') ? [[name, rounded(number(name))]] : [])),
      ),
      gradNormReal: rounded(number('gradNorm.real')),
      gradNormFake: rounded(number('gradNorm.fake')),
      distanceReal: distance('real'),
      distanceFake: distance('fake'),
      ...(classes > 1 && { distanceWithinClass: distance('fake', (i, j) => sampled[i] === sampled[j]) }),
      distinctLabels: new Set(batch.labels).size,
      images: this.images,
      ...(this.heldOut && { heldOut: await this.heldOut.judge(tensors, imagesSeen) }),
    };
  }

  private async multiply(tensors: Analysed['tensors'], probes: Rows): Promise<Rows> {
    const feeds = this.traced.weights.map(({ name, side }): [string, TensorData] => [
      `${name}.probes`,
      { dtype: 'float32', shape: [spectrumBlock, side], data: new Float32Array(probes.get(name) ?? []) },
    ]);
    const products = await this.run(this.gramians, tensors, Object.fromEntries(feeds));
    return new Map(Object.entries(products).map(([name, { data }]) => [name, Float32Array.from(data)]));
  }

  private async run(
    program: Program,
    tensors: Analysed['tensors'],
    feeds: Readonly<Record<string, TensorData>>,
  ): Promise<Record<string, TensorData>> {
    const { runtime } = this.options;
    const fed = Object.fromEntries(Object.entries(feeds).map(([name, data]) => [name, runtime.upload(data)]));
    const results: Record<string, TensorData> = {};
    for (const [name, tensor] of Object.entries(await program.run({ ...tensors, ...fed }))) {
      results[name] = await runtime.download(tensor);
      runtime.release(tensor);
    }
    return results;
  }
}

/** `sigma` is NaN where the network has no estimate. */
function spectrumOf(values: readonly number[], sigma: number): Spectrum {
  const raw = values.map(rounded);
  return Number.isNaN(sigma) ? { raw } : { raw, normalized: values.map((value) => rounded(value / sigma)) };
}

/** squared float32 [n·n] → the mean root over pairs that count; NaN where none does. */
function meanDistance(squared: ArrayLike<number>, n: number, counts: (i: number, j: number) => boolean): number {
  let [total, pairs] = [0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (!counts(i, j)) continue;
      total += Math.sqrt(squared[i * n + j] ?? Number.NaN);
      pairs++;
    }
  }
  return rounded(total / pairs);
}

const rounded = (value: number) => Number(value.toPrecision(6));
