/** Latents, and the sheets that show what a generator makes of them. */
export { type ClassWeights, classWeights } from './class-weights.ts';
export { batchFor, type Generated, Generator, type GeneratorOptions } from './generator.ts';
export { type LatentPoint, latentOf } from './latent-point.ts';
export {
  type Board,
  type BoardOptions,
  board,
  type LatentNarrowing,
  type LatentOptions,
  type LatentSpace,
  latents,
  lerp,
  slerp,
} from './latents.ts';
export { formatClasses, formatPoint, parseClasses, parsePoint } from './point-text.ts';
export { type SampleSheetOptions, sampleSheet } from './sheet.ts';
export { type StandingStatisticsOptions, standingStatistics } from './standing-statistics.ts';
export { toBytes } from './to-bytes.ts';
export {
  generateAll,
  type ImageSource,
  type Traversal,
  traversalValues,
  traverse,
  type WalkKeys,
  type WalkSetting,
  type WalkTiming,
  walk,
} from './walk.ts';
