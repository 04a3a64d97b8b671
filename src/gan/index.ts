/** Published GANs, their losses, and the training step they share. */

export type { GanLoss } from './loss.ts';
export { type LossName, losses, lossNames } from './losses/index.ts';
export { type BoundModel, bindModel, type GanModel, type ImageType } from './model.ts';
export { findModel, type ModelEntry, modelEntry, models } from './models/index.ts';
export { type SamplerOptions, traceSampler } from './sampler.ts';
export { traceStandingStatistics } from './standing-statistics.ts';
export {
  type EmaOptions,
  fromPixels,
  type Step,
  type StepOptions,
  type StepScalar,
  stepScalars,
  stepSchedule,
  traceStep,
} from './step.ts';
