/** Every op, with samples of it: what each invariant of ops is tested on. */

import { contractionSamples } from './contraction-samples.ts';
import { elementwiseSamples } from './elementwise-samples.ts';
import { withFloat64 } from './float64-samples.ts';
import type { SampleTable } from './sample.ts';
import { shapeSamples } from './shape-samples.ts';

export const opSamples: SampleTable = withFloat64({
  ...elementwiseSamples,
  ...shapeSamples,
  ...contractionSamples,
});

/** Every sample with its name: the op, then what is particular about it. */
export const allSamples = Object.entries(opSamples).flatMap(([op, samples]) =>
  samples.map((sample) => ({ op, name: `${op}: ${sample.name}`, sample })),
);

/** Those that a GPU can compute, which has no float64. */
export const gpuSamples = allSamples.filter(({ name }) => !name.includes('float64'));
