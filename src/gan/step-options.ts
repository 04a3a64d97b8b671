/** What a training step is: its model, its losses and everything that recipes vary. */

import type { OptimizerOptions, OrthogonalForm } from '../nn/index.ts';
import type { Augmentation } from './augment.ts';
import type { GanLoss } from './loss.ts';
import type { BoundModel } from './model.ts';
import type { Penalty } from './penalty.ts';

export interface StepOptions {
  readonly model: BoundModel;
  readonly loss: GanLoss;
  /** Real images in a discriminator update, and as many fake ones. */
  readonly batch: number;
  /** Fake images in a generator update. Default: `batch`. */
  readonly generatorBatch?: number | undefined;
  /**
   * Pieces into which a batch is cut, one after the other, to need less memory; their gradients are averaged. Batch
   * statistics and power iterations are those of the pieces, as in BigGAN-PyTorch. Default 1.
   */
  readonly accumulation?: number | undefined;
  /** Updates of the discriminator before each of the generator, each with a batch of its own. */
  readonly discriminatorSteps: number;
  readonly generatorOptimizer: OptimizerOptions;
  readonly discriminatorOptimizer: OptimizerOptions;
  readonly ema: EmaOptions;
  /** Added to the discriminator's loss. Default none. */
  readonly penalties?: readonly WeightedPenalty[] | undefined;
  /** For a discriminator that also tells classes apart. Default none. */
  readonly auxiliaryClassifier?: AuxiliaryClassifier | undefined;
  /** Random changes of all that the discriminator sees. Default none. */
  readonly augment?: readonly Augmentation[] | undefined;
  /** Spread grey levels evenly over the interval that each stands for. Default false. */
  readonly dequantize?: boolean | undefined;
  /** Default none. */
  readonly orthogonalRegularization?: OrthogonalRegularization | undefined;
}

export interface EmaOptions {
  /** Share of the average that a step keeps. */
  readonly decay: number;
  /** Until this many steps are done the average is a copy. */
  readonly startStep: number;
}

export interface WeightedPenalty {
  readonly penalty: Penalty;
  readonly weight: number;
}

/** Weights of the cross-entropy of classes. Source: Odena, Olah, Shlens 2017, arXiv:1610.09585. */
export interface AuxiliaryClassifier {
  readonly discriminatorWeight: number;
  readonly generatorWeight: number;
  /** Whether the discriminator also learns classes from fakes, as in the paper; WGAN-GP's code does not. Default false. */
  readonly onFakes?: boolean | undefined;
}

/** β of each network; 0 for none. */
export interface OrthogonalRegularization {
  readonly generator: number;
  readonly discriminator: number;
  readonly form: OrthogonalForm;
}
