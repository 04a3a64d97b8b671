/**
 * What the ResNet GANs share: residual blocks and the projection head.
 *
 * Sources: Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, arXiv:1704.00028, appendix F, for the blocks; Miyato,
 * Koyama 2018, arXiv:1802.05637, equation 3, for the projection. Their programs differ in the details that are options here.
 */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { add, mul, relu, reshape, resizeBilinear, sum } from '../engine/ops/index.ts';
import { conv2d, embedding, type LayerOptions, linear, resampledConv2d, type Scope } from '../nn/index.ts';

/** A normalisation whose condition, if it has one, is already bound. */
export type Norm = (scope: Scope, x: Tensor) => Tensor;

/** How the layers of a block are made. */
export interface BlockLayers {
  /** Of both 3×3 convolutions. */
  readonly residual?: LayerOptions;
  /** Of the 1×1 convolution beside them. Default: as `residual`. */
  readonly shortcut?: LayerOptions;
}

export interface UpBlockOptions extends BlockLayers {
  /** Of the result, and between the convolutions. */
  readonly channels: number;
  readonly norm: Norm;
  /** How the map is doubled. Default `nearest`. */
  readonly upsampling?: 'nearest' | 'bilinear';
}

export interface DownBlockOptions extends BlockLayers {
  /** Of the result. */
  readonly channels: number;
  /** Between the convolutions. Default: as `channels`. */
  readonly hidden?: number;
  /** Whether the map is halved, by averaging. */
  readonly halve: boolean;
  /** Whether a ReLU comes before the first convolution: not where the input is an image. Default true. */
  readonly preactivation?: boolean;
  /**
   * What the shortcut sees: the block's `input` (the default), or its `activation`: programs whose first ReLU writes in
   * place overwrite the input, so that the shortcut passes ReLU(input) on.
   */
  readonly shortcutOf?: 'input' | 'activation';
}

/** x [N,C,H,W] → [N,channels,2H,2W]: norm → ReLU → ×2 → conv3 → norm → ReLU → conv3, plus ×2 → conv1. */
export function upBlock(scope: Scope, x: Tensor, options: UpBlockOptions): Tensor {
  const { channels, norm, upsampling = 'nearest', residual = {}, shortcut = residual } = options;
  const up = (name: string, input: Tensor, kernel: number, layer: LayerOptions) =>
    scope.at(name, (s) => {
      if (upsampling === 'nearest') return resampledConv2d(s, input, channels, { ...layer, kernel, resample: 'up' });
      // Weights of an interpolation sum to 1: it commutes with a 1×1 convolution and its bias.
      if (kernel === 1) return doubled(conv2d(s, input, channels, { ...layer, kernel }));
      return conv2d(s, doubled(input), channels, { ...layer, kernel });
    });
  const first = up('conv1', relu(scope.at('norm1', (s) => norm(s, x))), 3, residual);
  const active = relu(scope.at('norm2', (s) => norm(s, first)));
  const second = scope.at('conv2', (s) => conv2d(s, active, channels, residual));
  return add(second, up('shortcut', x, 1, shortcut));
}

const doubled = (x: Tensor) => resizeBilinear(x, 2 * extent(x, 2), 2 * extent(x, 3));

/**
 * x [N,C,H,W] → [N,channels,H',W'], H' = H/2 or H: ReLU → conv3 → ReLU → conv3 → average, plus conv1 → average. The
 * shortcut is the identity where neither size nor width changes.
 */
export function downBlock(scope: Scope, x: Tensor, options: DownBlockOptions): Tensor {
  const { channels, hidden = channels, halve, preactivation = true, residual = {}, shortcut = residual } = options;
  const resample = halve ? 'down' : 'none';
  const active = preactivation ? relu(x) : x;
  const first = scope.at('conv1', (s) => conv2d(s, active, hidden, residual));
  const second = scope.at('conv2', (s) => resampledConv2d(s, relu(first), channels, { ...residual, resample }));
  const passed = options.shortcutOf === 'activation' ? active : x;
  if (!halve && extent(x, 1) === channels) return add(second, passed);
  return add(
    second,
    scope.at('shortcut', (s) => resampledConv2d(s, passed, channels, { ...shortcut, kernel: 1, resample })),
  );
}

export interface ProjectionHeadOptions {
  /** 0 for none: labels are ignored. */
  readonly classes: number;
  readonly linear?: LayerOptions;
  /** Of the classes' directions. Default: as `linear`. */
  readonly embedding?: Omit<LayerOptions, 'bias'>;
}

/**
 * x [N,C,H,W], labels int32[N] → logits [N]: with features h = Σ ReLU(x) over all positions, a linear map of h, plus h's
 * product with the direction of the label's class.
 */
export function projectionHead(scope: Scope, x: Tensor, labels: Tensor, options: ProjectionHeadOptions): Tensor {
  const features = sum(relu(x), [2, 3]); // [N, C]
  const logits = reshape(
    scope.at('linear', (s) => linear(s, features, 1, options.linear)),
    [-1],
  );
  if (options.classes === 0) return logits;
  const directions = scope.at('embedding', (s) =>
    embedding(s, labels, options.classes, extent(features, 1), options.embedding ?? options.linear),
  );
  return add(logits, sum(mul(features, directions), [1]));
}
