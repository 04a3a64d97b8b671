/** Figures that show what a network does: where it attends, and how its training went. */
export { distinctColour, newsColours, roleColours } from '../picture/colours.ts';
export { type AttentionEntropy, attentionEntropy } from './attention-entropy.ts';
export { type AttentionFigure, type AttentionFigureOptions, attentionFigure } from './attention-figure.ts';
export type { AttentionMaps } from './attention-rows.ts';
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
