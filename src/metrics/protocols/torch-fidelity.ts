/**
 * torch-fidelity 0.4 (toshas/torch-fidelity at 5e211a9): FID, Inception score and KID as the TensorFlow originals compute
 * them. The default protocol.
 */

import type { Protocol } from './protocol.ts';

const source = 'torch-fidelity';

export const torchFidelity: Protocol = {
  name: 'torch-fidelity',
  about: "TensorFlow's bilinear resizing, (x − 128)/128",
  preprocessing: { resizer: 'tensorflow-bilinear', clip: false, normalization: 'tensorflow' },
  fid: { source, ddof: 1 },
  is: { source, logitBias: false, splits: 10, shuffleSeed: 2020, spreadDdof: 0 },
  kid: { source, subsets: 100, subsetSize: 1000, shrinks: false, seed: 2020, firstDrawn: 'images' },
  precisionRecall: { source, neighbours: 3 },
  prdc: { source: 'Naeem et al. 2020', neighbours: 5 },
  ppl: {
    source,
    epsilon: 1e-4,
    interpolation: 'lerp',
    discard: [1, 99],
    resolution: 64,
    quantized: true,
    seed: 2020,
  },
};
