/** What a published GAN is to the rest of Sagan: two networks and their options. */

import type { z } from 'zod';
import { Tensor } from '../engine/ir/tensor.ts';
import { input } from '../engine/ops/index.ts';
import { type Scope, Variables } from '../nn/index.ts';

/** The images that a model makes and judges. */
export interface ImageType {
  /** Side in pixels; images are square. */
  readonly resolution: number;
  /** 1 (grey) or 3 (RGB). */
  readonly channels: number;
  /** 0 for an unconditional model. */
  readonly classes: number;
}

/** What a discriminator says of N images. */
export interface Judgement {
  /** float32[N]: high for real. */
  readonly logits: Tensor;
  /** float32[N,K], if it also tells classes apart: an auxiliary classifier (Odena, Olah, Shlens 2017, arXiv:1610.09585). */
  readonly classLogits?: Tensor;
}

/** How a training step applies a discriminator. Programs of the same network differ in it, so a model says which it means. */
export interface Judging {
  /**
   * Real and fake images in one batch, or one batch after the other, which differs where the discriminator has batch
   * statistics, and where each application moves the power iteration. Default `together`.
   */
  readonly batches: 'together' | 'apart';
  /** Whether its buffers (power-iteration vectors, running statistics) also move in the generator's update. Default false. */
  readonly movesInGeneratorStep: boolean;
  /**
   * The classes of the fakes in the discriminator's update: `drawn` evenly (the default), or those of the `real` images beside
   * them. With the same classes on both sides nothing is to be gained from liking one class, which a Wasserstein critic
   * would otherwise learn from the noise of small batches.
   */
  readonly fakeLabels: 'drawn' | 'real';
}

/** From which distribution a latent's coordinates are drawn: N(0, 1) or U(−1, 1). */
export type LatentDistribution = 'normal' | 'uniform';

/** A generative adversarial network as data: its name, its options, and its two networks as functions of a scope. */
export interface GanModel<Options = unknown> {
  readonly name: string;
  /** The paper, for `sagan describe` and model cards. */
  readonly source: string;
  /** Options with defaults and descriptions; unknown keys are errors. */
  readonly options: z.ZodObject & z.ZodType<Options>;
  /** Options as an earlier version saved them → as this one reads them: defaults that have changed, as they were. */
  upgrade?(saved: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Throws UserError if the model cannot make such images, saying which it can. */
  check(options: Options, images: ImageType): void;
  /** Length of the latent vector. */
  latentDim(options: Options, images: ImageType): number;
  /** Default `normal`. */
  readonly latents?: LatentDistribution;
  /** Default: real and fake together, buffers at rest in the generator's update, classes of fakes drawn. */
  judging?(options: Options): Partial<Judging>;
  /**
   * z float32[N,Z], labels int32[N] (ignored without classes) → images float32[N,C,H,W] in −1 … 1. Between classes `labels`
   * are weights float32[N,K]: layers with classes know what to do, and so do `classRows` and `classVectors`.
   */
  generator(scope: Scope, options: Options, images: ImageType, z: Tensor, labels: Tensor): Tensor;
  /** x float32[N,C,H,W], labels int32[N] → logits float32[N], high for real, alone or with what else it says. */
  discriminator(scope: Scope, options: Options, images: ImageType, x: Tensor, labels: Tensor): Tensor | Judgement;
}

/** A model with its options filled in and bound to an image type, so that users of it need not know the options' type. */
export interface BoundModel {
  readonly name: string;
  readonly source: string;
  readonly images: ImageType;
  readonly latentDim: number;
  readonly latents: LatentDistribution;
  readonly judging: Judging;
  generator(scope: Scope, z: Tensor, labels: Tensor): Tensor;
  discriminator(scope: Scope, x: Tensor, labels: Tensor): Judgement;
}

/** Whether the discriminator gives class logits, so that somebody must ask it to learn them. */
export function tellsClassesApart(model: BoundModel): boolean {
  const { resolution, channels } = model.images;
  const images = input('images', 'float32', [2, channels, resolution, resolution]);
  const scope = new Variables().scope('D', { training: true });
  return model.discriminator(scope, images, input('labels', 'int32', [2])).classLogits !== undefined;
}

/** Binds a model to parsed options and an image type. Throws UserError for images that the model cannot make. */
export function bindModel<Options>(model: GanModel<Options>, options: Options, images: ImageType): BoundModel {
  model.check(options, images);
  return {
    name: model.name,
    source: model.source,
    images,
    latentDim: model.latentDim(options, images),
    latents: model.latents ?? 'normal',
    judging: { batches: 'together', movesInGeneratorStep: false, fakeLabels: 'drawn', ...model.judging?.(options) },
    generator: (scope, z, labels) => model.generator(scope, options, images, z, labels),
    discriminator: (scope, x, labels) => {
      const judgement = model.discriminator(scope, options, images, x, labels);
      return judgement instanceof Tensor ? { logits: judgement } : judgement;
    },
  };
}
