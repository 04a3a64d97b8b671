/** Scores of generated images, named by protocol. */

export {
  type AgreeingSources,
  areComparable,
  type ComparedScores,
  compareScores,
  type FieldDifference,
  type PassportGroup,
  type ScoreSource,
} from './compare-scores.ts';
export { type Disagreement, disagreement, type Gap } from './evaluation/disagreement.ts';
export {
  type EvaluationOptions,
  type EvaluationProgress,
  evaluateImages,
  preprocessingOf,
} from './evaluation/evaluate-images.ts';
export { type Measured, measure } from './evaluation/measure.ts';
export type { Metric, MetricSetup } from './evaluation/metric.ts';
export { findMetrics, metricNames, metrics } from './evaluation/metrics.ts';
export { defaultStatisticsFolder, openReference, type Reference } from './evaluation/reference.ts';
export {
  type Classified,
  type Classifier,
  type ClassifierOptions,
  classAccuracy,
  classifierFile,
  classifierNames,
  createClassifier,
  openClassifier,
  openClassifierFile,
} from './features/class-accuracy.ts';
export { classifier, classifierResolution, type ImageFormat, traceClassify } from './features/classifier.ts';
export { openClassifierExtractor } from './features/classifier-extractor.ts';
export { readClassifier, type TrainedClassifier, writeClassifier } from './features/classifier-file.ts';
export type { FeatureExtractor, Features } from './features/extractor.ts';
export {
  createFeatureFile,
  type FeatureFile,
  type FeatureFileWriter,
  openFeatureFile,
} from './features/feature-file.ts';
export { type FeatureRows, memoryRows } from './features/feature-rows.ts';
export {
  fetchedWeightsFolder,
  findFeatureWeights,
  requireFeatureWeights,
  weightsFolders,
} from './features/feature-weights.ts';
export { featureDistance, type ImageDistance, type UnroundedImages } from './features/image-distance.ts';
export { type InceptionTap, inceptionResolution, inceptionTaps } from './features/inception.ts';
export { type InceptionOptions, openInception } from './features/inception-extractor.ts';
export { type LpipsFiles, type LpipsOptions, openLpips } from './features/lpips.ts';
export { type OnnxExtractorOptions, openOnnxExtractor } from './features/onnx-extractor.ts';
export {
  checkPublishedWeights,
  findPublishedWeights,
  type PublishedWeights,
  publishedWeights,
} from './features/published-weights.ts';
export { type DatasetImagesOptions, datasetImages, openDatasetImages } from './images/dataset-images.ts';
export { firstImages } from './images/first-images.ts';
export { type FolderImagesOptions, openFolderImages } from './images/folder-images.ts';
export type { ImageBatch, ImageSet } from './images/image-set.ts';
export { openNpzImages } from './images/npz-images.ts';
export { type ImageSetOptions, openImageSet } from './images/open-image-set.ts';
export { hashBatch } from './images/pixel-hash.ts';
export { preprocess } from './images/preprocess.ts';
export {
  type NormalizationName,
  normalizationNames,
  type Preprocessing,
  type ResizerName,
  resizerNames,
} from './images/preprocessing.ts';
export { planResize, type Resize } from './images/resizers.ts';
export { frechetDistance } from './math/frechet-distance.ts';
export {
  type Gaussian,
  type Moments,
  MomentsAccumulator,
  type MomentsOptions,
  mergeMoments,
  momentsOf,
} from './math/moments.ts';
export type { GeneratorOrigin, ImageOrigin, Passport, Score, ScoreFile } from './passport.ts';
export { findProtocol, protocolNames, protocols } from './protocols/index.ts';
export type { PplDefinition, Protocol } from './protocols/protocol.ts';
export { parseScoreFile, scoreFileBytes } from './score-file.ts';
export { type ClassAccuracy, ClassScores, recognisedFrom } from './scores/class-scores.ts';
export { InceptionScore, type InceptionScoreOptions, type InceptionScoreResult } from './scores/inception-score.ts';
export { type KernelDistanceOptions, type KernelDistanceResult, kernelDistance } from './scores/kernel-distance.ts';
export { type Interpolation, interpolations } from './scores/latent-steps.ts';
export type { NeighbourhoodOptions, Neighbourhoods } from './scores/neighbourhoods.ts';
export { type PairMatch, pairMatch } from './scores/pair-match.ts';
export { type PathDefinition, type PathLength, type PathLengthOptions, perceptualPathLength } from './scores/ppl.ts';
export { prdc } from './scores/prdc.ts';
export { type PrecisionRecallResult, precisionRecall } from './scores/precision-recall.ts';
