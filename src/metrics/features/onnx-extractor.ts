/**
 * Any network in an ONNX file as an extractor: what it takes and returns is read from the file. Where the file leaves a
 * choice, the message lists what there is and says which option chooses.
 */

import { basename } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { formatValue, type LoadedModel, type ModelValue, type Runtime, type TensorData } from '../../engine/index.ts';
import { formatType } from '../../engine/ir/tensor-data.ts';
import { sha256 } from '../../store/index.ts';
import { openBytes } from '../../weights/byte-source.ts';
import type { NormalizationName } from '../images/preprocessing.ts';
import { extractInBatches } from './extract-in-batches.ts';
import type { FeatureExtractor } from './extractor.ts';
import { type ImageLayout, imageLayout, layOut } from './onnx-images.ts';

export interface OnnxExtractorOptions {
  /** What the network wants its images normalised as. Default `imagenet`, as the networks of torchvision do. */
  readonly normalization?: NormalizationName | undefined;
  /** The output with the features: [N,D], or maps that are averaged over their positions. Default: the only one there is. */
  readonly output?: string | undefined;
  /** The output with logits, [N,K]. Default: none. */
  readonly logits?: string | undefined;
  /** Height and width in pixels of the images, for a network that takes any. */
  readonly resolution?: number | undefined;
}

/**
 * Opens an ONNX file with one float32 input, images [N,3,R,R]; or [N,1,R,R], which gets the average of the three planes. The
 * channels may come last, the number of images may be fixed, and for a single image its axis may be missing.
 *
 * Throws UserError where the file cannot be read or run, or does not say what to use of it.
 */
export async function openOnnxExtractor(
  runtime: Runtime,
  file: string,
  options: OnnxExtractorOptions = {},
): Promise<FeatureExtractor> {
  const source = openBytes(file);
  const bytes = source.read(0, source.sizeBytes);
  const model = await runtime.load(bytes, file);
  const { name, layout, resolution } = imageInput(model, options);
  const logits = options.logits === undefined ? undefined : namedOutput(model, 'logits', options.logits);
  const features = featureOutput(model, layout, options);
  const outputs = logits === undefined ? [features.name] : [features.name, logits.name];
  const run = async (images: Float32Array, count: number) => {
    const computed = await model.compute({ [name]: layOut(images, count, resolution, layout) }, outputs);
    const rows = (output: ModelValue) => toRows(model, output, computed[output.name], count, layout);
    return { features: rows(features), ...(logits === undefined ? {} : { logits: rows(logits) }) };
  };
  // Two, where there may be any number: a file may leave it open and yet have been made for one.
  const tried = layout.batch ?? 2;
  const sample = await run(new Float32Array(tried * 3 * resolution ** 2), tried);
  const sizes = { resolution, dimensions: width(sample.features), classes: width(sample.logits) };
  return {
    name: basename(file, '.onnx'),
    description: [basename(file), ...outputs].join(', '),
    weightsSha256: sha256(bytes),
    normalization: options.normalization ?? 'imagenet',
    ...sizes,
    extract(images, count) {
      const batch = layout.batch ?? count;
      return extractInBatches(images, count, batch, sizes, (piece) => run(piece, batch));
    },
  };
}

function width(rows: TensorData | undefined): number {
  return rows?.shape[1] ?? 0;
}

function imageInput(
  model: LoadedModel,
  options: OnnxExtractorOptions,
): { name: string; layout: ImageLayout; resolution: number } {
  const [input, ...more] = model.inputs;
  const layout = input === undefined ? undefined : imageLayout(input.shape);
  if (input?.dtype !== 'float32' || layout === undefined || more.length > 0) {
    throw new UserError(
      `${model.name}: it takes ${listed(model.inputs)}; expected one input, float32 images [N,3,R,R] or [N,1,R,R] ` +
        '(or with the channels last). Export the network with such an input.',
    );
  }
  const resolution = options.resolution ?? layout.sides.find((side) => side !== undefined);
  if (resolution === undefined) {
    throw new UserError(
      `${model.name}: it takes images of any size, ${formatValue(input)}; expected to be told which. ` +
        'Give the option resolution (--onnx-resolution): height and width in pixels.',
    );
  }
  if (layout.sides.some((side) => side !== undefined && side !== resolution)) {
    throw new UserError(
      `${model.name}: it takes ${formatValue(input)}; expected images of ${resolution}×${resolution} pixels. ` +
        'Give the option resolution as the file has it, or export the network for square images.',
    );
  }
  return { name: input.name, layout, resolution };
}

function featureOutput(model: LoadedModel, { isBatched }: ImageLayout, options: OnnxExtractorOptions): ModelValue {
  if (options.output !== undefined) return namedOutput(model, 'output', options.output);
  const ofRank = (rank: number) =>
    model.outputs.filter(
      ({ name, dtype, shape }) =>
        dtype === 'float32' &&
        name !== options.logits &&
        (shape.length === rank || (!isBatched && shape.length === rank - 1)),
    );
  for (const candidates of [ofRank(2), ofRank(4)]) {
    const [only, ...more] = candidates;
    if (only !== undefined && more.length === 0) return only;
    if (more.length > 0) break;
  }
  throw new UserError(
    `${model.name}: it returns ${listed(model.outputs)}; expected one output that may be features, float32[N,D] or maps. ` +
      'Name the one with the features with the option output (--onnx-output), and one with logits with the option logits ' +
      '(--onnx-logits).',
  );
}

function namedOutput(model: LoadedModel, option: 'output' | 'logits', name: string): ModelValue {
  const found = model.outputs.find((output) => output.name === name);
  if (found?.dtype === 'float32') return found;
  const seen = found === undefined ? `there is no output "${name}"` : `the output is ${formatValue(found)}`;
  throw new UserError(
    `${model.name}: ${seen}; expected the name of a float32 output. ` +
      `It returns ${listed(model.outputs)}: name one of them with the option ${option}.`,
  );
}

/** A row an image; maps [N,C,H,W], or [N,H,W,C] of a network whose channels come last, are averaged over their positions. */
function toRows(
  model: LoadedModel,
  output: ModelValue,
  computed: TensorData | undefined,
  count: number,
  { isBatched, channelsLast }: ImageLayout,
): TensorData {
  const shape = [...(computed?.shape ?? [])];
  if (!isBatched && shape.length % 2 === 1) shape.unshift(1);
  if (computed === undefined || shape[0] !== count || (shape.length !== 2 && shape.length !== 4)) {
    const seen = computed === undefined ? 'nothing' : formatType(computed);
    throw new UserError(
      `${model.name}: of ${count} images, its output ${output.name} is ${seen}; expected a row [D] or a map an image. ` +
        'Name another output, or export the network so that it takes any number of images.',
    );
  }
  if (shape.length === 2) return { ...computed, shape };
  const channels = (channelsLast ? shape[3] : shape[1]) ?? 0;
  const positions = computed.data.length / (count * channels);
  const [alongChannels, alongPositions] = channelsLast ? [1, channels] : [positions, 1];
  const data = Float32Array.from({ length: count * channels }, (_, row) => {
    const first = Math.floor(row / channels) * channels * positions + (row % channels) * alongChannels;
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += computed.data[first + p * alongPositions] ?? 0;
    return sum / positions;
  });
  return { dtype: 'float32', shape: [count, channels], data };
}

function listed(values: readonly ModelValue[]): string {
  return values.map(formatValue).join(', ');
}
