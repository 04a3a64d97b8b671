/** pytorch-fid (mseitzer/pytorch-fid at b9c1811), which defines FID alone. */

import type { Protocol } from './protocol.ts';
import { torchFidelity } from './torch-fidelity.ts';

export const pytorchFid: Protocol = {
  ...torchFidelity,
  name: 'pytorch-fid',
  about: "PyTorch's bilinear resizing, 2x/255 − 1; FID alone",
  preprocessing: { resizer: 'torch-bilinear', clip: false, normalization: 'symmetric' },
  fid: { source: 'pytorch-fid', ddof: 1 },
};
