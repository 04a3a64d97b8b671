// Score images that your program holds, by features of your own: here how bright each of 16 regions is.
// Usage: npx tsx examples/own-features.ts
import { datasetFrom, datasetImages, evaluate, type FeatureExtractor } from 'sagan';

const side = 32;
/** Random stripes, of as many grey levels as there are `levels`. */
function stripes(name: string, levels: number) {
  const images = new Uint8Array(500 * side * side).map((_, i) => {
    const stripe = Math.floor(i / 256);
    return Math.floor((Math.abs(Math.sin(stripe * 12.9898 + levels) * 43758.5453) % 1) * levels) * (255 / levels);
  });
  return datasetImages(datasetFrom({ name, images, channels: 1, resolution: side }));
}

const regions: FeatureExtractor = {
  name: 'regions',
  description: 'brightness of 4 × 4 regions',
  weightsSha256: 'none',
  resolution: 4, // Images are resized to this, and then the pixels themselves are the features.
  normalization: 'unit',
  dimensions: 16,
  classes: 0,
  extract: async (images, count) => {
    const features = new Float32Array(count * 16);
    for (let n = 0; n < count; n++) features.set(images.subarray(n * 48, n * 48 + 16), n * 16); // of [N, 3, 4, 4]
    return { features, logits: undefined };
  },
};

for (const levels of [256, 4, 2]) {
  const options = { against: stripes('reference', 256), features: regions, metrics: ['fid'] };
  const { file } = await evaluate(stripes(`${levels} levels`, levels), options);
  for (const { passport, value } of file.scores)
    console.log(`${passport.metric} of ${levels} levels: ${value.toFixed(3)}`);
}
