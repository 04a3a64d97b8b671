/** Published GANs, their losses, and the training step they share. */

export { type AnalysisPrograms, traceAnalysis, type WeightMatrix } from './analysis.ts';
export { type Augmentation, augmentations } from './augment.ts';
export { type DiscriminatorObserverOptions, traceDiscriminatorObserver } from './discriminator-observer.ts';
export { type Distribution, type Draw, Draws, drawValues } from './draws.ts';
export { type HeldOutProgram, traceHeldOut } from './held-out.ts';
export { type LatentProjections, traceLatentProjections } from './latent-projections.ts';
export type { GanLoss } from './loss.ts';
export { type LossName, losses, lossNames } from './losses/index.ts';
export {
  type BoundModel,
  bindModel,
  type GanModel,
  type ImageType,
  type Judgement,
  type Judging,
  type LatentDistribution,
  tellsClassesApart,
} from './model.ts';
export { findModel, type ModelEntry, modelEntry, models } from './models/index.ts';
export { fromPixels } from './objective.ts';
export { type PenaltyName, penalties, penaltyNames } from './penalties/index.ts';
export type { Penalty, PenaltyContext } from './penalty.ts';
export { checkPieces, type Phase, type Phases, type Source, tracePhases } from './phases.ts';
export { type SamplerOptions, traceSampler } from './sampler.ts';
export { samplingStatistics, traceStandingStatistics } from './standing-statistics.ts';
export { type Step, type StepScalar, stepScalars, stepSchedule, traceStep } from './step.ts';
export type {
  AuxiliaryClassifier,
  EmaOptions,
  OrthogonalRegularization,
  StepOptions,
  WeightedPenalty,
} from './step-options.ts';
