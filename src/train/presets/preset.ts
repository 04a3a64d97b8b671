/** What a preset is, and what several of them share. */

import type { ConfigInput } from '../config.ts';

export interface Preset {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Where the numbers come from, and which of them are ours. */
  readonly source: string;
  readonly config: Omit<ConfigInput, 'data'> & {
    readonly data: Omit<ConfigInput['data'], 'source'> & { source?: string };
  };
}

/** A dataset and what it holds, as a preset states them before it is opened. */
type Images = Pick<Preset['config'], 'data' | 'images'>;

const digits = [...'0123456789'];
const cifar10Names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

export const cifar10 = {
  data: { source: 'cifar10', resolution: 32 },
  images: { resolution: 32, channels: 3, classes: 10, classNames: cifar10Names },
} satisfies Images;

export const cifar10Unconditional = {
  data: { source: 'cifar10', resolution: 32, conditional: false },
  images: { resolution: 32, channels: 3, classes: 0, classNames: [] },
} satisfies Images;

export function imagenet(resolution: number) {
  return {
    data: { resolution, channels: 3 },
    images: { resolution, channels: 3, classes: 1000, classNames: [] },
  } satisfies Images;
}

/** Faces without classes: CelebA or a folder of one's own. */
export function faces(resolution: number) {
  return {
    data: { resolution, channels: 3, conditional: false },
    images: { resolution, channels: 3, classes: 0, classNames: [] },
  } satisfies Images;
}

export const mnist = {
  data: { source: 'mnist', resolution: 32 },
  images: { resolution: 32, channels: 1, classes: 10, classNames: digits },
} satisfies Images;

export const mnistUnconditional = {
  data: { source: 'mnist', resolution: 32, conditional: false },
  images: { resolution: 32, channels: 1, classes: 0, classNames: [] },
} satisfies Images;

/** No average: the weights themselves are sampled from. */
export const noEma = { decay: 0, startStep: 0 } as const;

/** The same for both networks. */
export function bothOptimizers<Optimizer>(optimizer: Optimizer) {
  return { generator: optimizer, discriminator: optimizer } as const;
}

/** A learning rate that falls on a line to 0 over the whole run. */
export function fallingOver(steps: number) {
  return { decay: { fromStep: 0, toStep: steps } } as const;
}
