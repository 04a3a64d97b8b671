/** The ops that compute in float64 too: their samples once more, in it and through it. */

import type { Tensor } from '../../src/engine/index.ts';
import { cast } from '../../src/engine/ops/index.ts';
import type { Sample, SampleTable } from './sample.ts';

const computing = 'neg exp log sqrt abs square tanh sigmoid softplus relu sign add sub mul div max min clamp'.split(
  ' ',
);
const choosing = 'greater greaterEqual equal less lessEqual where'.split(' ');
const moving = 'reshape transpose slice sliceAxis pad concat split broadcastTo sumTo stopGradient'.split(' ');
const float64Ops = [...computing, ...choosing, ...moving, 'sum', 'mean', 'reduceMax', 'variance', 'matmul'];

/** The same program on float64 inputs; undefined where it has none that are float32. */
function inFloat64(sample: Sample): Sample | undefined {
  const inputs = Object.entries(sample.inputs).map(
    ([name, given]) => [name, { ...given, dtype: given.dtype ?? 'float64' }] as const,
  );
  if (!inputs.some(([, { dtype }]) => dtype === 'float64')) return undefined;
  return { ...sample, name: `${sample.name}, in float64`, inputs: Object.fromEntries(inputs) };
}

/** From float32 through float64 to float32, so that gradients go there and back. */
function throughFloat64(sample: Sample): Sample {
  const wide = (x: Tensor) => (x.dtype === 'float32' ? cast(x, 'float64') : x);
  return {
    ...sample,
    name: `${sample.name}, through float64`,
    build: (inputs) => {
      const y = sample.build(Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, wide(x)])));
      return y.dtype === 'float64' ? cast(y, 'float32') : y;
    },
  };
}

/** The table with those samples added. */
export function withFloat64(table: SampleTable): SampleTable {
  return Object.fromEntries(
    Object.entries(table).map(([op, samples]) => [
      op,
      float64Ops.includes(op)
        ? [...samples, ...samples.flatMap((one) => inFloat64(one) ?? []), ...samples.slice(0, 1).map(throughFloat64)]
        : samples,
    ]),
  );
}
