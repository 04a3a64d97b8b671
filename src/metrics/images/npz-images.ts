/** Images in a .npz file, as samplers of diffusion models and GANs leave them, read as they are wanted. */

import { createHash } from 'node:crypto';
import { UserError } from '../../base/errors.ts';
import { type NpyHeader, type NpzArray, openNpz } from '../../weights/index.ts';
import { checkBatchSize } from './batching.ts';
import type { ImageBatch, ImageSet } from './image-set.ts';
import { toPlanes } from './planes.ts';

/** How the images of an array lie. */
interface Layout {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly isPlanar: boolean;
}

const labelNames = ['arr_1', 'labels', 'label', 'y'];
const mostClasses = 2 ** 16;

/**
 * The images of `arr_0`, or of the only array of bytes that may be images: uint8 [N,H,W,3], [N,3,H,W] or, grey, [N,H,W].
 * Labels are those of `arr_1`, `labels`, `label` or `y`, if there is one with a whole number an image.
 *
 * Neither the file nor the array is read into memory. Damage is told, at the latest, after the last batch.
 *
 * Throws FormatError where the file is no archive of arrays; UserError where there are no images in it.
 */
export function openNpzImages(path: string): ImageSet {
  const arrays = openNpz(path);
  const { name, array, layout } = findImages(path, arrays);
  const { labels, warnings } = findLabels(arrays, name, layout.count);
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  return {
    name: path,
    count: layout.count,
    classNames: labels.length === 0 ? [] : Array.from({ length: classes }, (_, label) => String(label)),
    fingerprint: createHash('sha256')
      .update(JSON.stringify({ layout, checksum: array.checksum }))
      .update(labels)
      .digest('hex'),
    warnings,
    batches: (size) => readBatches(array, layout, labels, size),
  };
}

async function* readBatches(
  array: NpzArray,
  layout: Layout,
  labels: Int32Array,
  size: number,
): AsyncGenerator<ImageBatch> {
  checkBatchSize(size);
  const { height, width, channels } = layout;
  const imageBytes = channels * height * width;
  let first = 0;
  const nextBatch = () => new Uint8Array(Math.min(size, layout.count - first) * imageBytes);
  let batch = nextBatch();
  let filled = 0;
  for await (const part of array.stream()) {
    for (let from = 0; from < part.length; ) {
      const taken = part.subarray(from, from + batch.length - filled);
      batch.set(taken, filled);
      filled += taken.length;
      from += taken.length;
      if (filled < batch.length) continue;
      const count = batch.length / imageBytes;
      const known = labels.subarray(first, first + count);
      yield {
        pixels: rgbPlanes(batch, layout),
        count,
        height,
        width,
        labels: known.length === count ? known : new Int32Array(count),
      };
      first += count;
      batch = nextBatch();
      filled = 0;
    }
  }
}

function rgbPlanes(images: Uint8Array, { height, width, channels, isPlanar }: Layout): Uint8Array {
  if (isPlanar && channels === 3) return images;
  const plane = height * width;
  const pixels = new Uint8Array((images.length / channels) * 3);
  for (let n = 0; n < images.length / (channels * plane); n++) {
    const image = images.subarray(n * channels * plane, (n + 1) * channels * plane);
    toPlanes(image, channels, pixels.subarray(n * 3 * plane, (n + 1) * 3 * plane));
  }
  return pixels;
}

function findImages(path: string, arrays: ReadonlyMap<string, NpzArray>) {
  const found = [...arrays].flatMap(([name, array]) => {
    const header = headerOf(array);
    const layout = header === undefined ? undefined : layoutOf(header);
    return layout === undefined ? [] : [{ name, array, layout }];
  });
  const images = found.find(({ name }) => name === 'arr_0') ?? (found.length === 1 ? found[0] : undefined);
  if (images !== undefined) return images;
  const listed = [...arrays].slice(0, 8).map(([name, array]) => `${name} ${describe(headerOf(array))}`);
  throw new UserError(
    `${path}: ${found.length} of its arrays may be images (${listed.join('; ')}); expected arr_0, or one, uint8 [N,H,W,3], ` +
      '[N,3,H,W] or [N,H,W], in C order. Save it with numpy.savez(FILE, images.astype("uint8")).',
  );
}

/** Undefined for what is no array of numbers. */
function headerOf(array: NpzArray): NpyHeader | undefined {
  try {
    return array.header();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function describe(header: NpyHeader | undefined): string {
  if (header === undefined) return 'no array of numbers';
  return `${header.type} [${header.shape.join(',')}]${header.isFortranOrder ? ' in Fortran order' : ''}`;
}

function layoutOf({ type, shape, isFortranOrder }: NpyHeader): Layout | undefined {
  if (type !== 'uint8' || (isFortranOrder && shape.length > 1) || shape.includes(0)) return undefined;
  const [count = 0, a = 0, b = 0, c] = shape;
  // A last axis of 3 and no other is one image in colours, not many grey ones.
  if (shape.length === 3) return b === 3 ? undefined : { count, height: a, width: b, channels: 1, isPlanar: true };
  if (shape.length !== 4 || c === undefined) return undefined;
  if (c === 3 || c === 1) return { count, height: a, width: b, channels: c, isPlanar: false };
  return a === 3 || a === 1 ? { count, height: b, width: c, channels: a, isPlanar: true } : undefined;
}

function findLabels(arrays: ReadonlyMap<string, NpzArray>, images: string, count: number) {
  const none = new Int32Array(0);
  const name = labelNames.find((known) => known !== images && arrays.has(known));
  const array = name === undefined ? undefined : arrays.get(name);
  if (name === undefined || array === undefined) return { labels: none, warnings: [] };
  const header = headerOf(array);
  const isWhole = header !== undefined && /^u?int/.test(header.type);
  const fits = isWhole && header.shape[0] === count && header.shape.every((extent, axis) => axis === 0 || extent === 1);
  if (fits) {
    const { data } = array.read();
    if (data.every((label) => label >= 0 && label < mostClasses))
      return { labels: Int32Array.from(data), warnings: [] };
  }
  const seen = fits ? `holds numbers below 0 or above ${mostClasses - 1}` : `is ${describe(header)}`;
  return { labels: none, warnings: [`${name} ${seen}, not a class an image [${count}]: the images have no labels.`] };
}
