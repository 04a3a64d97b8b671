/** What is evaluated, opened piece by piece: images, what they are compared with, and the network that compares them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NodeDevice, openRuntime, type PassSelection, type Runtime } from '../engine/index.ts';
import type { ModelEntry } from '../gan/index.ts';
import {
  datasetImages,
  defaultStatisticsFolder,
  type EvaluationProgress,
  evaluateImages,
  type FeatureExtractor,
  findMetrics,
  firstImages,
  type ImageSet,
  type Measured,
  type Metric,
  measure,
  type NormalizationName,
  openImageSet,
  openReference,
  type Protocol,
  preprocessingOf,
  type Reference,
  type ScoreFile,
} from '../metrics/index.ts';
import type { LatentNarrowing } from '../sample/index.ts';
import { defaultFeatures, type FeatureChoice, openFeatures } from './evaluation-features.ts';
import { type GeneratedImages, generatedImages } from './generated-images.ts';
import { pathLengthOf, requirePathLength } from './path-length.ts';
import { statedImages } from './run-model.ts';
import { softwareVersion } from './software.ts';
import { openTrainingImages } from './train-data.ts';
import { type CheckpointChoice, openTrainedRun, type TrainedRun } from './trained-run.ts';

export interface EvaluateOptions extends LatentNarrowing {
  /** A dataset, a folder of images, an `.npz` of images or of statistics. Default, for a run: the images it was trained on. */
  readonly against?: string | ImageSet | undefined;
  /** Names of metrics. Default: fid and is, and for a classifier that knows the classes class-accuracy. */
  readonly metrics?: readonly string[] | undefined;
  /** Default `torch-fidelity`. */
  readonly protocol?: string | undefined;
  /** `inception`, `mnist`, `fashion-mnist`, an ONNX file, or an extractor of your own. Default: as `defaultFeatures` says. */
  readonly features?: string | FeatureExtractor | undefined;
  readonly featuresFile?: string | undefined;
  readonly normalization?: NormalizationName | undefined;
  readonly onnx?: FeatureChoice['onnx'];
  /** Images that a run's generator makes. Default 50,000 for Inception, as is published; 10,000 for others. */
  readonly count?: number | undefined;
  /** Height and width that the images of a dataset are brought to. Default: the run's; needed without a run. */
  readonly resolution?: number | undefined;
  /** Of the dataset that images are compared with. Default `train`. */
  readonly split?: 'train' | 'test' | undefined;
  /** Also tells scores by class, where there are any. */
  readonly classWise?: boolean | undefined;
  /** Of the latents; default 0. */
  readonly seed?: number | undefined;
  /** Batches that batch norm's statistics are taken anew over. */
  readonly standingStatistics?: number | undefined;
  /** Which checkpoint of a run: `newest` (default), `best`, or a step. */
  readonly checkpoint?: CheckpointChoice | undefined;
  /** Leaves out images that cannot be read, and says so in every passport. */
  readonly skipBad?: boolean | undefined;
  /** Default: the user's cache, and none for an extractor of your own. `false` measures references anew. */
  readonly cacheFolder?: string | false | undefined;
  readonly device?: NodeDevice | undefined;
  readonly threads?: number | undefined;
  /** Rewrites of the generator: `all`, `none`, or some by name; default: those of the run. */
  readonly passes?: PassSelection | undefined;
  /** The run's model, where it is your own. */
  readonly model?: ModelEntry | undefined;
  readonly onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

/** Images of published scores; and what networks that cost less can afford. */
const inceptionCount = 50_000;
const smallCount = 10_000;

/** What is scored: a run, or images that are there already. What it needs is opened once, when it is first needed. */
export class Subject {
  readonly trained: TrainedRun | undefined;
  private readonly source: string | ImageSet;
  private readonly options: EvaluateOptions;
  /** Where scores are computed: on the processor, which has float64. */
  private readonly runtime: Runtime;
  /** Where networks run. */
  private readonly networks: Runtime;
  private readonly extractors = new Map<boolean, Promise<FeatureExtractor>>();
  private images: Promise<Images> | undefined;
  private reference: Promise<Reference | undefined> | undefined;

  private constructor(
    source: string | ImageSet,
    options: EvaluateOptions,
    networks: Runtime,
    runtime: Runtime,
    trained: TrainedRun | undefined,
  ) {
    this.source = source;
    this.options = options;
    this.networks = networks;
    this.runtime = runtime;
    this.trained = trained;
  }

  static async open(source: string | ImageSet, options: EvaluateOptions): Promise<Subject> {
    const { device, threads, passes, model, checkpoint } = options;
    const isRun = typeof source === 'string' && existsSync(join(source, 'config.json'));
    const trained = isRun ? openTrainedRun(source, { model, checkpoint }) : undefined;
    const networks = await openRuntime({
      ...(device && { device }),
      ...(threads && { threads }),
      passes: passes ?? trained?.config.passes,
    });
    const subject = new Subject(source, options, networks, await onProcessor(networks, threads), trained);
    // Images that are not there are told before a network that is not there either.
    if (trained === undefined) subject.images = subject.openStored();
    await subject.images;
    return subject;
  }

  async score(protocol: Protocol): Promise<ScoreFile> {
    const { runtime, options } = this;
    const extractor = await this.openExtractor(protocol);
    const { images, generated } = await this.openImages(extractor);
    const metrics = await this.metrics(protocol);
    const isCompared = metrics.some(({ needsReference }) => needsReference);
    if (isCompared) this.reference ??= this.openReference();
    if (metrics.some(({ name }) => name === 'ppl')) requirePathLength(extractor);
    return evaluateImages({
      runtime,
      extractor,
      protocol,
      metrics,
      images,
      generator: generated?.origin,
      reference: isCompared ? await this.reference : undefined,
      classWise: options.classWise,
      pathLength: generated && pathLengthOf(this.networks, generated, extractor, protocol),
      cacheFolder: this.cacheFolder(),
      software: softwareVersion(),
      onProgress: options.onProgress,
    });
  }

  /** Code of one's own may change while it is called the same, so what it made is not remembered unless that is asked for. */
  private cacheFolder(): string | undefined {
    const { cacheFolder, features } = this.options;
    if (cacheFolder !== undefined) return cacheFolder === false ? undefined : cacheFolder;
    return typeof features === 'object' ? undefined : defaultStatisticsFolder();
  }

  /** Those that are asked for, or what suits the network and the images. */
  async metrics(protocol: Protocol): Promise<readonly Metric[]> {
    const extractor = await this.openExtractor(protocol);
    const { images } = await this.openImages(extractor);
    return findMetrics(this.options.metrics ?? defaultMetrics(extractor, images));
  }

  async measure(protocol: Protocol, need: 'moments' | 'rows'): Promise<Measured & { release(): void }> {
    const extractor = await this.openExtractor(protocol);
    const { images } = await this.openImages(extractor);
    const instrument = { runtime: this.runtime, extractor, preprocessing: preprocessingOf(protocol, extractor) };
    return measure(instrument, images, {
      needs: new Set([need]),
      onProgress: (done, total) => this.options.onProgress?.({ stage: 'images', done, total }),
    });
  }

  /** Two protocols may differ in the bias of the logits. */
  private async openExtractor({ is: { logitBias } }: Protocol): Promise<FeatureExtractor> {
    const { features, featuresFile, normalization, onnx, threads, device } = this.options;
    if (typeof features === 'object') return features;
    const { source } = this;
    const dataset = this.trained?.config.data.source ?? (typeof source === 'string' ? source : undefined);
    const opened =
      this.extractors.get(logitBias) ??
      openFeatures(this.networks, {
        features: features ?? defaultFeatures(dataset),
        featuresFile,
        normalization,
        onnx,
        logitBias,
        threads,
        device,
      });
    this.extractors.set(logitBias, opened);
    return opened;
  }

  private openImages(extractor: FeatureExtractor): Promise<Images> {
    this.images ??= this.trained === undefined ? this.openStored() : this.openGenerated(this.trained, extractor);
    return this.images;
  }

  private async openStored(): Promise<Images> {
    const { count, skipBad, resolution } = this.options;
    const { source } = this;
    const images = typeof source === 'object' ? source : await openImageSet(source, { skipBad, resolution });
    return { images: count === undefined ? images : firstImages(images, count), generated: undefined };
  }

  private async openGenerated(trained: TrainedRun, extractor: FeatureExtractor): Promise<Images> {
    const { config, model, checkpoint, run } = trained;
    const { count, seed = 0, truncation, scale, standingStatistics } = this.options;
    const generated = await generatedImages(
      this.networks,
      { config, model, name: run.path, step: checkpoint.step },
      checkpoint.state,
      {
        count: count ?? (extractor.name === '' ? inceptionCount : smallCount),
        seed,
        truncation,
        scale,
        standingStatistics,
      },
    );
    return { images: generated.set, generated };
  }

  /** What the images are compared with; for a run, by default, the images that it was trained on, as it saw them. */
  private async openReference(): Promise<Reference | undefined> {
    const { against, skipBad, split } = this.options;
    if (typeof against === 'object') return { images: against };
    const config = this.trained?.config;
    const resolution = this.options.resolution ?? (config && statedImages(config).resolution);
    if (against !== undefined) return openReference(against, { skipBad, split, resolution });
    if (config === undefined) return undefined;
    return { images: datasetImages(await openTrainingImages(config, split)) };
  }
}

/** A runtime on the processor: this one, if it is there. */
export async function onProcessor(runtime: Runtime, threads?: number): Promise<Runtime> {
  return runtime.device === 'cpu' ? runtime : openRuntime(threads === undefined ? {} : { threads });
}

interface Images {
  readonly images: ImageSet;
  /** Where they come from, if a generator makes them. */
  readonly generated: GeneratedImages | undefined;
}

/** FID and Inception score; and of a classifier that knows the classes of the images, how often it agrees. */
function defaultMetrics({ classes }: FeatureExtractor, { classNames }: ImageSet): readonly string[] {
  if (classes === 0) return ['fid'];
  return classNames.length === classes ? ['fid', 'is', 'class-accuracy'] : ['fid', 'is'];
}
