/** The recorded originals, and the settings with which a model of ours is the same network. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { State } from '../../src/engine/ir/tensor-data.ts';
import type { ImageType } from '../../src/gan/index.ts';
import { decodeSafetensors } from '../../src/store/index.ts';

export interface ParityCase {
  /** The folder in test/parity. */
  readonly name: string;
  /** The program, as `sagan import --from` calls it. */
  readonly source: string;
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly images: ImageType;
}

const rgb = (resolution: number, classes: number): ImageType => ({ resolution, channels: 3, classes });

export const parityCases: readonly ParityCase[] = [
  {
    name: 'biggan-64',
    source: 'biggan-pytorch',
    model: 'biggan',
    options: {
      latentDim: 20,
      embeddingDim: 8,
      generatorChannels: 2,
      discriminatorChannels: 4,
      attentionAt: [16],
      spectralNormEpsilon: 1e-8,
    },
    images: rgb(64, 3),
  },
  {
    name: 'biggan-sagan-32',
    source: 'biggan-pytorch',
    model: 'biggan',
    options: {
      latentDim: 16,
      sharedEmbedding: false,
      hierarchical: false,
      generatorChannels: 4,
      discriminatorChannels: 4,
      attentionAt: [16],
      spectralNormEpsilon: 1e-8,
    },
    images: rgb(32, 3),
  },
  {
    name: 'biggan-deep-32',
    source: 'biggan-pytorch',
    model: 'biggan-deep',
    options: {
      latentDim: 16,
      embeddingDim: 8,
      generatorChannels: 4,
      discriminatorChannels: 4,
      attentionAt: [16],
      spectralNormEpsilon: 1e-8,
    },
    images: rgb(32, 3),
  },
  {
    name: 'mimicry-sngan-32',
    source: 'mimicry',
    model: 'sngan',
    options: { variant: 'mimicry', latentDim: 16, generatorChannels: 4, discriminatorChannels: 8 },
    images: rgb(32, 0),
  },
  {
    name: 'mimicry-cgan-pd-32',
    source: 'mimicry',
    model: 'sngan',
    options: { variant: 'mimicry', latentDim: 16, generatorChannels: 4, discriminatorChannels: 8 },
    images: rgb(32, 3),
  },
  {
    name: 'mimicry-sagan-32',
    source: 'mimicry',
    model: 'sagan',
    options: { variant: 'mimicry', latentDim: 16, generatorChannels: 8, discriminatorChannels: 8 },
    images: rgb(32, 3),
  },
  {
    name: 'heykeetae-64',
    source: 'heykeetae',
    model: 'sagan-heykeetae',
    options: { latentDim: 16, generatorChannels: 8, discriminatorChannels: 8 },
    images: rgb(64, 0),
  },
];

/** The path of a file of a case. */
export function pathOf({ name }: ParityCase, file: string): string {
  return fileURLToPath(new URL(`${name}/${file}`, import.meta.url));
}

/** What the original did: inputs, outputs and next state by name, and its settings. */
export function recordingOf(parityCase: ParityCase): { state: State; settings: ReadonlyMap<string, string> } {
  const path = pathOf(parityCase, 'recorded.safetensors');
  const { state, metadata } = decodeSafetensors(readFileSync(path), path);
  return { state, settings: metadata };
}
