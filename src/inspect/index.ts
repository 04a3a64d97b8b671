/** Figures that show what a network does: where it attends, and how its training went. */
export { distinctColour, newsColours, roleColours } from '../picture/colours.ts';
export {
  type AttentionBlock,
  type AttentionPeak,
  type AttentionPin,
  type AttentionReading,
  type AttentionSummary,
  type EncodedMap,
  encodeMap,
  encodeShares,
  readAttention,
  summarizeAttention,
} from './attention-block.ts';
export { type AttentionEntropy, attentionEntropy } from './attention-entropy.ts';
export { type AttentionFigure, attentionFigure, attentionPng, attentionSvg } from './attention-figure.ts';
export { attentionPage } from './attention-page.ts';
export { type AttentionScene, finestBlock, pinsOf, type SceneRow, sceneRows } from './attention-scene.ts';
export { chooseQueries, type Grid, type Query } from './choose-queries.ts';
export { type CurvesOptions, drawCurves, drawCurvesPng, type Mark, type Panel, type Series } from './curves.ts';
export {
  costOfStep,
  describeNetworks,
  type LayerDescription,
  type NetworkDescription,
  type StepCost,
} from './describe-model.ts';
export { type LatentDirections, latentDirections } from './latent-directions.ts';
export { byModule, byOp, type ModuleWork, moduleOf, type OpWork } from './profile-tables.ts';
export { readTrace, type Trace } from './read-trace.ts';
export { type CurvePoint, smooth } from './smooth.ts';
export {
  comparePaired,
  holm,
  type PairedComparison,
  type Summary,
  significance,
  summarize,
} from './statistics-of-runs.ts';
export { type Place, profileOf, type StepProfile, type Work } from './step-profile.ts';
export type { Scale } from './ticks.ts';
