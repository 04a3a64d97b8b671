/**
 * The weights of the Inception network of FID, from each form in which they are published: PyTorch's state dicts
 * (pytorch-fid, torch-fidelity; `.pth`, or the same names in `.safetensors`) and NVIDIA's TorchScript file.
 */

import { FormatError } from '../../base/errors.ts';
import type { Shape } from '../../engine/ir/tensor-data.ts';
import { constant } from '../../engine/ops/index.ts';
import { readWeights, type TensorDictionary } from '../../weights/index.ts';
import { type InceptionLayers, inceptionLayerShapes } from './inception.ts';
import { type Naming, namings, type Role, tensorNames } from './inception-names.ts';

/** Added to the variances of batch normalisation. PyTorch's own default is another, 1e-5. */
const epsilon = 1e-3;

const fetchIt = 'Fetch the weights of FID with "sagan features fetch inception".';

/**
 * Reads a file of weights and hands out the layers of the network as constants, each read when it is asked for.
 *
 * Throws FormatError where the file is damaged, holds another network, or has numbers that are not finite; UserError
 * where it cannot be read. What the network has no place for (`num_batches_tracked`, `AuxLogits`) is passed over.
 */
export function readInceptionWeights(file: string): InceptionLayers {
  const { naming, tensors } = findNetwork(file);
  checkTensors(file, naming, tensors);
  return (layer, shape) => {
    const names = tensorNames(naming, layer);
    const read = (role: Role) => tensors.get(names.get(role) ?? '')?.load().data;
    const { weight, bias } = foldBatchNorm({
      weight: read('weight') ?? [],
      gain: read('gain'),
      offset: read('offset') ?? [],
      mean: read('mean'),
      variance: read('variance'),
    });
    if (![weight, bias].every((data) => data.every(Number.isFinite))) {
      throw new FormatError(
        file,
        `layer ${naming.module(layer)} has numbers that are not finite, or a negative variance; expected neither. ${fetchIt}`,
      );
    }
    return {
      weight: constant({ dtype: 'float32', shape, data: weight }),
      bias: constant({ dtype: 'float32', shape: shape.slice(0, 1), data: bias }),
    };
  };
}

/** The numbers of a convolution [O,…] and of the batch normalisation behind it, each [O]. */
export interface NormalizedConvolution {
  readonly weight: ArrayLike<number>;
  /** Undefined for ones. */
  readonly gain: ArrayLike<number> | undefined;
  readonly offset: ArrayLike<number>;
  /** Undefined, both, where there is no batch normalisation. */
  readonly mean: ArrayLike<number> | undefined;
  readonly variance: ArrayLike<number> | undefined;
}

/**
 * One convolution with a bias in place of a convolution and its batch normalisation by running statistics:
 * w·s and offset − mean·s with s = gain / √(variance + 1e-3), computed in float64.
 */
export function foldBatchNorm({ weight, gain, offset, mean, variance }: NormalizedConvolution): {
  weight: Float32Array;
  bias: Float32Array;
} {
  const taps = weight.length / offset.length;
  const folded = { weight: new Float32Array(weight.length), bias: new Float32Array(offset.length) };
  for (let channel = 0; channel < offset.length; channel++) {
    const scale = variance === undefined ? 1 : (gain?.[channel] ?? 1) / Math.sqrt((variance[channel] ?? 0) + epsilon);
    folded.bias[channel] = (offset[channel] ?? 0) - (mean?.[channel] ?? 0) * scale;
    for (let i = channel * taps; i < (channel + 1) * taps; i++) folded.weight[i] = (weight[i] ?? 0) * scale;
  }
  return folded;
}

type Tensors = TensorDictionary['tensors'];

/** The dictionary of a file that has the most names of the network, and the way in which it names them. */
function findNetwork(file: string): { naming: Naming; tensors: Tensors } {
  const dictionaries = readWeights(file);
  const layers = [...inceptionLayerShapes().keys()];
  const candidates = dictionaries.flatMap(({ tensors }) =>
    namings.map((naming) => {
      const names = layers.flatMap((layer) => [...tensorNames(naming, layer).values()]);
      return { naming, tensors, found: names.filter((name) => tensors.has(name)).length };
    }),
  );
  const [best] = candidates.sort((a, b) => b.found - a.found);
  if (best !== undefined && best.found > 0) return best;
  const seen = dictionaries.flatMap(({ tensors }) => [...tensors.keys()]).slice(0, 3);
  const expected = namings.map((naming) => `"${tensorNames(naming, 'Mixed_5b.branch1x1').get('weight')}"`).join(' or ');
  throw new FormatError(
    file,
    `the file holds ${seen.length === 0 ? 'no tensors' : `tensors named ${seen.join(', ')}, …`}; expected those of the ` +
      `Inception network, such as ${expected}. ${fetchIt}`,
  );
}

/** Throws FormatError that names what is missing or misshaped. */
function checkTensors(file: string, naming: Naming, tensors: Tensors): void {
  const problems: string[] = [];
  for (const [layer, weightShape] of inceptionLayerShapes()) {
    for (const [role, name] of tensorNames(naming, layer)) {
      const expected = role === 'weight' ? weightShape : weightShape.slice(0, 1);
      const seen = tensors.get(name)?.shape;
      if (seen === undefined) problems.push(`"${name}" ${format(expected)} is missing`);
      else if (seen.join() !== expected.join()) problems.push(`"${name}" is ${format(seen)}, not ${format(expected)}`);
    }
  }
  if (problems.length === 0) return;
  const most = 5;
  const rest = problems.length > most ? `, and ${problems.length - most} more` : '';
  const isImageNet = tensors.get('fc.weight')?.shape[0] === 1000;
  throw new FormatError(
    file,
    `the file uses ${naming.what}, but ${problems.slice(0, most).join('; ')}${rest}; expected the Inception network of FID. ` +
      (isImageNet ? `This seems to be torchvision's, of 1000 classes, which scores otherwise. ${fetchIt}` : fetchIt),
  );
}

function format(shape: Shape): string {
  return `[${shape.join(',')}]`;
}
