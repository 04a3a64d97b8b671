/** clean-fid (GaParmar/clean-fid at e88c4d6; Parmar, Zhang, Zhu 2022, arXiv:2104.11222), which defines FID and KID. */

import type { Protocol } from './protocol.ts';
import { torchFidelity } from './torch-fidelity.ts';

const source = 'clean-fid';

export const cleanFid: Protocol = {
  ...torchFidelity,
  name: 'clean-fid',
  about: "Pillow's bicubic resizing, (x − 128)/128; FID and KID",
  preprocessing: { resizer: 'pillow-bicubic', clip: true, normalization: 'tensorflow' },
  fid: { source, ddof: 1 },
  // Its subsets come from numpy's unseeded generator, so its KID never repeats; ours has the same expectation and repeats.
  kid: { source, subsets: 100, subsetSize: 1000, shrinks: true, seed: 2020, firstDrawn: 'images' },
};
