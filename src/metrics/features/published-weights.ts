/** Weights that are published as files: where they are, and what their bytes must be. */

import { suggest, UserError } from '../../base/errors.ts';

export interface PublishedWeights {
  /** As `sagan features fetch` takes it. */
  readonly name: string;
  /** Files of one network can stand for each other, the first before the others. */
  readonly network: 'inception' | 'vgg16' | 'lpips';
  readonly fileName: string;
  readonly url: string;
  readonly sizeBytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
  readonly what: string;
}

/**
 * Nobody publishes these sums beside the files; they are those that others measured and pin. For each of them several
 * projects that do not know of each other agree on the sum, and on the size: of pytorch-fid's file, whose name begins its
 * sum, and of torch-fidelity's, which has the same bytes (HyperGAN's documentation names the latter); of NVIDIA's,
 * k-diffusion pins the sum; of VGG16, whose name too begins its sum, and of LPIPS, which torch-fidelity took from
 * richzhang/PerceptualSimilarity (lpips/weights/v0.1/vgg.pth) as it is.
 */
export const publishedWeights: readonly PublishedWeights[] = [
  {
    name: 'inception',
    network: 'inception',
    fileName: 'pt_inception-2015-12-05-6726825d.pth',
    url: 'https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth',
    sizeBytes: 95_628_359,
    sha256: '6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2',
    what: "FID's network (TensorFlow, 2015), from pytorch-fid",
  },
  {
    name: 'inception-torch-fidelity',
    network: 'inception',
    fileName: 'weights-inception-2015-12-05-6726825d.pth',
    url: 'https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth',
    sizeBytes: 95_628_359,
    sha256: '6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2',
    what: 'the same bytes, from torch-fidelity',
  },
  {
    name: 'inception-nvidia',
    network: 'inception',
    fileName: 'inception-2015-12-05.pt',
    url: 'https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/inception-2015-12-05.pt',
    sizeBytes: 95_607_719,
    sha256: 'f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4',
    what: 'the same network as TorchScript, from NVIDIA; clean-fid uses it',
  },
  {
    name: 'vgg16',
    network: 'vgg16',
    fileName: 'vgg16-397923af.pth',
    url: 'https://download.pytorch.org/models/vgg16-397923af.pth',
    sizeBytes: 553_433_881,
    sha256: '397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0',
    what: "torchvision's VGG16, whose features LPIPS compares",
  },
  {
    name: 'lpips',
    network: 'lpips',
    fileName: 'weights-vgg16-lpips.pth',
    url: 'https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-vgg16-lpips.pth',
    sizeBytes: 7_289,
    sha256: 'a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868',
    what: 'how LPIPS weighs the features of VGG16',
  },
];

/** The published weights of a name. Throws a UserError where none are known. */
export function findPublishedWeights(name: string): PublishedWeights {
  const found = publishedWeights.find((weights) => weights.name === name);
  if (found !== undefined) return found;
  const known = publishedWeights.map((weights) => weights.name);
  throw new UserError(
    `Weights "${name}": none of this name are published; expected a name that "sagan features fetch --help" lists. ${suggest(name, known)}`,
  );
}

/**
 * Throws a UserError where a file bears the name of published weights and its bytes, whose SHA-256 is given, are others:
 * a score by a network that is not the one it claims to be is worse than none.
 */
export function checkPublishedWeights(file: string, sha256: string): void {
  const fileName = file.split(/[/\\]/).at(-1);
  const published = publishedWeights.find((weights) => weights.fileName === fileName);
  if (published === undefined || published.sha256 === sha256) return;
  throw new UserError(
    `${file}: the SHA-256 of this file is ${sha256}; expected ${published.sha256}, that of ${published.url}. ` +
      `It is cut short, damaged or another: remove it and run "sagan features fetch ${published.name}", or, if it is meant ` +
      'to be another, give it another name.',
  );
}
