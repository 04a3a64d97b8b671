/**
 * Sagan as a library: what the commands do, as functions, and the parts that can be your own: datasets, models, losses.
 * The tensor compiler underneath is `sagan/engine`.
 */

export {
  type AttentionOptions,
  type AttentionReport,
  type AttentionStudy,
  drawAttention,
  reportAttention,
  studyAttention,
} from './api/attention.ts';
export type { AttentionChange } from './api/attention-network.ts';
export { type Comparison, compareScoresOf } from './api/compare-scores.ts';
export { type Description, describe } from './api/describe.ts';
export {
  disagree,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type SavedStatistics,
  saveFeatures,
  saveStatistics,
} from './api/evaluate.ts';
export { type FetchedDataset, type FetchOptions, fetchDataset } from './api/fetch-dataset.ts';
export {
  type AvailableFeatures,
  type FeaturesReport,
  type FetchedFeatures,
  type FetchFeaturesOptions,
  fetchFeatures,
  listFeatures,
} from './api/fetch-features.ts';
export { type ImportEvent, type ImportOptions, importRun } from './api/import-run.ts';
export { type InspectedDataset, inspectDataset } from './api/inspect-dataset.ts';
export { type SampleOptions, type Samples, sample } from './api/sample-run.ts';
export type { ConfigChanges } from './api/train-config.ts';
export { type StartedEvent, type StepEvent, type TrainEvent, type TrainOptions, train } from './api/train-run.ts';
export { openTrainedRun, type TrainedRun } from './api/trained-run.ts';
export { type WalkedRun, type WalkOptions, type WalkRequest, walkRun } from './api/walk.ts';
export { FormatError, UserError } from './base/errors.ts';
export {
  type Batch,
  type Dataset,
  type DatasetArchive,
  type DatasetOptions,
  type DatasetReport,
  type DatasetValues,
  datasetFrom,
  findArchive,
  type OpenedDataset,
  openDataset,
} from './data/index.ts';
export { type NodeDevice, openRuntime, Runtime } from './engine/index.ts';
export {
  type BoundModel,
  type GanLoss,
  type GanModel,
  type ImageType,
  losses,
  modelEntry,
  models,
} from './gan/index.ts';
export {
  type AttentionBlock,
  type AttentionFigure,
  type AttentionPin,
  type AttentionScene,
  attentionEntropy,
  attentionFigure,
  attentionPng,
  attentionSvg,
  costOfStep,
  describeNetworks,
  drawCurves,
  drawCurvesPng,
  latentDirections,
  type NetworkDescription,
  type StepCost,
} from './inspect/index.ts';
export {
  type ComparedScores,
  compareScores,
  datasetImages,
  type FeatureExtractor,
  type FieldDifference,
  findPublishedWeights,
  type ImageBatch,
  type ImageSet,
  openImageSet,
  type Passport,
  type PublishedWeights,
  parseScoreFile,
  type Score,
  type ScoreFile,
  type ScoreSource,
  scoreFileBytes,
} from './metrics/index.ts';
export {
  batchNorm,
  conditionalBatchNorm,
  conv2d,
  convTranspose2d,
  embedding,
  linear,
  type NonLocalOptions,
  nonLocal,
  type Scope,
  selfAttention,
  spectralNorm,
} from './nn/index.ts';
export {
  board,
  type ClassWeights,
  Generator,
  type LatentPoint,
  latentOf,
  latents,
  lerp,
  sampleSheet,
  slerp,
  standingStatistics,
  toBytes,
} from './sample/index.ts';
export { type Config, configJsonSchema, configSchema, DivergenceError, type Preset, presets } from './train/index.ts';
