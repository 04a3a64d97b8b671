/**
 * Class accuracy: the share of generated samples that a classifier of real images assigns to the class asked for, with what
 * else `ClassScores` tells of them.
 */

import { fileURLToPath } from 'node:url';
import { suggest, UserError } from '../../base/errors.ts';
import type { DeviceTensor, Runtime } from '../../engine/index.ts';
import { type ClassAccuracy, ClassScores } from '../scores/class-scores.ts';
import { type ImageFormat, traceClassify } from './classifier.ts';
import { readClassifier, type TrainedClassifier } from './classifier-file.ts';

/** What a classifier makes of N images. */
export interface Classified {
  /** The likeliest class of each; the lowest where several tie. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Its probability, by softmax. */
  readonly confidence: Float32Array<ArrayBuffer>;
}

export interface Classifier {
  readonly classes: number;
  /** What its file tells of it: `dataset`, `testAccuracy`, `seed` … */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Judges images, uint8 [N,C,H,W] flat. Throws UserError where they do not fill whole images or have a resolution that
   * `traceClassify` refuses.
   */
  classify(images: Uint8Array, format: ImageFormat): Promise<Classified>;
}

export interface ClassifierOptions {
  /** Images judged at a time; a matter of memory and speed only. Default 250. */
  readonly batch?: number;
}

/** The classifiers that come with Sagan, named as the datasets they were trained on. */
export const classifierNames: readonly string[] = ['mnist', 'fashion-mnist'];

/** Opens a classifier that comes with Sagan. Throws UserError for another name, or where its file is damaged. */
export function openClassifier(runtime: Runtime, name: string, options: ClassifierOptions = {}): Classifier {
  return openClassifierFile(runtime, classifierFile(name), options);
}

/** The file of a classifier that comes with Sagan. Throws UserError for another name. */
export function classifierFile(name: string): string {
  if (!classifierNames.includes(name)) {
    throw new UserError(
      `Classifier "${name}": none with this name comes with Sagan; expected the name of a dataset that has one. ` +
        suggest(name, classifierNames),
    );
  }
  // The same from src/metrics and from dist/metrics.
  return fileURLToPath(new URL(`../../../assets/classifier-${name}.safetensors`, import.meta.url));
}

/** Opens a classifier made by `scripts/train-classifier.ts`. Throws UserError where the file cannot be used. */
export function openClassifierFile(runtime: Runtime, file: string, options: ClassifierOptions = {}): Classifier {
  return createClassifier(runtime, readClassifier(file), options);
}

/** A classifier from weights in memory. */
export function createClassifier(
  runtime: Runtime,
  trained: TrainedClassifier & { readonly classes: number },
  options: ClassifierOptions = {},
): Classifier {
  const { classes, metadata } = trained;
  const batch = options.batch ?? 250;
  const weights = Object.fromEntries([...trained.weights].map(([name, data]) => [name, runtime.upload(data)]));
  return {
    classes,
    metadata,
    async classify(images, format) {
      const count = countImages(images, format);
      const labels = new Int32Array(count);
      const confidence = new Float32Array(count);
      const program = await runtime.compile(traceClassify(classes, batch, format).graph);
      for (let start = 0; start < count; start += batch) {
        const fed = uploadBatch(runtime, images, format, start, batch);
        const { probabilities } = await program.run({ ...weights, images: fed });
        if (probabilities === undefined) throw new Error('classify: the program returned no probabilities.');
        const { data } = await runtime.download(probabilities);
        runtime.release(probabilities);
        for (let n = start; n < Math.min(start + batch, count); n++) {
          const row = data.subarray((n - start) * classes, (n - start + 1) * classes);
          confidence[n] = Math.max(...row);
          labels[n] = row.indexOf(confidence[n] ?? 0);
        }
      }
      return { labels, confidence };
    },
  };
}

/** Images `start` … `start + batch − 1`; black ones where there are no more. */
function uploadBatch(
  runtime: Runtime,
  images: Uint8Array,
  { channels, resolution }: ImageFormat,
  start: number,
  batch: number,
): DeviceTensor {
  const imageSize = channels * resolution * resolution;
  const data = new Uint8Array(batch * imageSize);
  data.set(images.subarray(start * imageSize, (start + batch) * imageSize));
  return runtime.upload({ dtype: 'uint8', shape: [batch, channels, resolution, resolution], data });
}

function countImages(images: Uint8Array, { channels, resolution }: ImageFormat): number {
  const count = images.length / (channels * resolution * resolution);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UserError(
    `classify: images has ${images.length} bytes; expected a positive multiple of ${channels * resolution * resolution}, ` +
      `the size of one image [${channels},${resolution},${resolution}]. Check channels and resolution.`,
  );
}

/**
 * Scores images, uint8 [N,C,H,W] flat, against the classes that were asked for, [N].
 *
 * Throws UserError where there is not one label an image, or a label is no class of the classifier.
 */
export async function classAccuracy(
  classifier: Pick<Classifier, 'classes' | 'classify'>,
  images: Uint8Array,
  asked: Int32Array,
  format: ImageFormat,
): Promise<ClassAccuracy> {
  const { labels, confidence } = await classifier.classify(images, format);
  const scores = new ClassScores(classifier.classes);
  scores.addAssigned(labels, confidence, asked);
  return scores.result();
}
