/** Layers, norms, attention, initialisers, optimisers: what networks are built from. */

export { type AdamOptions, adam, adamSchedule } from './adam.ts';
export { type AttentionIntervention, centreDistances, intervening } from './attention-intervention.ts';
export { type BatchNormOptions, batchNorm, conditionalBatchNorm, projectedBatchNorm } from './batch-norm.ts';
export { classRows, classVectors } from './classes.ts';
export { movingAverage } from './ema.ts';
export {
  type Initializer,
  normal,
  ones,
  orthogonal,
  scaledXavierUniform,
  uniform,
  uniformByFanIn,
  unitVector,
  xavierUniform,
  zeros,
} from './initializers.ts';
export {
  type ConvLayerOptions,
  type ConvTransposeLayerOptions,
  conv2d,
  convTranspose2d,
  embedding,
  type LayerOptions,
  linear,
  type ResampledConvOptions,
  type Resampling,
  resampledConv2d,
} from './layers.ts';
export { type NonLocalOptions, nonLocal } from './non-local.ts';
export type { Normaliser, Pairwise } from './non-local-response.ts';
export { type LearningRateDecay, type OptimizerOptions, optimize, optimizerSchedule } from './optimizer.ts';
export { type OrthogonalForm, orthogonalGradient } from './orthogonal-regularization.ts';
export { parameterCount, type ResidualBlockOptions, residualBlock } from './residual-block.ts';
export { type SelfAttentionOptions, selfAttention, selfAttentionForms } from './self-attention.ts';
export { asMatrix, type SpectralNormOptions, spectralNorm } from './spectral-norm.ts';
export {
  type Intervene,
  initialize,
  type Mode,
  type Observation,
  Scope,
  type Variable,
  Variables,
} from './variables.ts';
