/** What a published GAN is to the rest of Sagan: two networks and their options. */

import type { z } from 'zod';
import type { Tensor } from '../engine/ir/tensor.ts';
import type { Scope } from '../nn/index.ts';

/** The images that a model makes and judges. */
export interface ImageType {
  /** Side in pixels; images are square. */
  readonly resolution: number;
  /** 1 (grey) or 3 (RGB). */
  readonly channels: number;
  /** 0 for an unconditional model. */
  readonly classes: number;
}

/** A generative adversarial network as data: its name, its options, and its two networks as functions of a scope. */
export interface GanModel<Options = unknown> {
  readonly name: string;
  /** The paper, for `sagan describe` and model cards. */
  readonly source: string;
  /** Options with defaults and descriptions; unknown keys are errors. */
  readonly options: z.ZodObject & z.ZodType<Options>;
  /** Throws UserError if the model cannot make such images, saying which it can. */
  check(options: Options, images: ImageType): void;
  /** Length of the latent vector. */
  latentDim(options: Options): number;
  /** z float32[N,Z], labels int32[N] (ignored without classes) → images float32[N,C,H,W] in −1 … 1. */
  generator(scope: Scope, options: Options, images: ImageType, z: Tensor, labels: Tensor): Tensor;
  /** x float32[N,C,H,W], labels int32[N] → logits float32[N]: high for real. */
  discriminator(scope: Scope, options: Options, images: ImageType, x: Tensor, labels: Tensor): Tensor;
}

/** A model with its options filled in and bound to an image type, so that users of it need not know the options' type. */
export interface BoundModel {
  readonly name: string;
  readonly source: string;
  readonly images: ImageType;
  readonly latentDim: number;
  generator(scope: Scope, z: Tensor, labels: Tensor): Tensor;
  discriminator(scope: Scope, x: Tensor, labels: Tensor): Tensor;
}

/** Binds a model to parsed options and an image type. Throws UserError for images that the model cannot make. */
export function bindModel<Options>(model: GanModel<Options>, options: Options, images: ImageType): BoundModel {
  model.check(options, images);
  return {
    name: model.name,
    source: model.source,
    images,
    latentDim: model.latentDim(options),
    generator: (scope, z, labels) => model.generator(scope, options, images, z, labels),
    discriminator: (scope, x, labels) => model.discriminator(scope, options, images, x, labels),
  };
}
