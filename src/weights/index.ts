/** Weight files of other programs: what other rooms use of them. */

export { type Misshaped, type NetworkName, type Translation, translate, type WeightSource } from './name-map.ts';
export type { NpyArray, NpyData, NpyHeader, NpyTypeName } from './npy.ts';
export { type NpzArray, openNpz, writeNpz } from './npz.ts';
export { type FoundNetwork, findNetworks, findSource, placeOf, sources } from './sources.ts';
export {
  type CleanFidStatisticsName,
  cleanFidFileName,
  type FeatureStatistics,
  readStatistics,
  readStoredFeatures,
  type StoredFeatures,
  writeStatistics,
  writeStoredFeatures,
} from './statistics-file.ts';
export { hashWeights, readWeights, type TensorDictionary, type WeightTensor } from './weight-file.ts';
