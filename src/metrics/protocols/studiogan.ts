/**
 * PyTorch-StudioGAN (POSTECH-CVLab/PyTorch-StudioGAN at 947b35e) with its backbone InceptionV3_tf and its `legacy` resizer,
 * as in its published tables. It defines FID, Inception score, precision, recall, density, coverage and intra-class FID.
 */

import type { Protocol } from './protocol.ts';
import { torchFidelity } from './torch-fidelity.ts';

const source = 'StudioGAN';

export const studiogan: Protocol = {
  ...torchFidelity,
  name: 'studiogan',
  about: "PyTorch's bilinear resizing; Inception score of one split",
  preprocessing: { resizer: 'torch-bilinear', clip: true, normalization: 'symmetric' },
  fid: { source, ddof: 1 },
  is: { source, logitBias: true, splits: 1, shuffleSeed: undefined, spreadDdof: 1 },
  prdc: { source, neighbours: 5 },
};
