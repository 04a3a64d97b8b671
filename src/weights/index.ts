/** Weight files of other programs: what other rooms use of them. */

export { type Misshaped, type NetworkName, type Translation, translate, type WeightSource } from './name-map.ts';
export { type FoundNetwork, findNetworks, findSource, placeOf, sources } from './sources.ts';
export { readWeights, type TensorDictionary, type WeightTensor } from './weight-file.ts';
