/** An exponential moving average of a network's variables. */

import type { Tensor } from '../engine/ir/tensor.ts';
import { add, mul, sub } from '../engine/ops/index.ts';
import { zeros } from './initializers.ts';
import type { Variables } from './variables.ts';

/**
 * Moves `ema.<path>.…` toward the values of every variable of `path`: ema ← ema + rate·(value − ema). All variables
 * take part, running statistics and power-iteration vectors too, as in BigGAN-PyTorch, so the average is a whole network.
 * `rate` (1 copies) is a scalar, because it differs before the averaging starts.
 */
export function movingAverage(variables: Variables, path: string, rate: Tensor): void {
  for (const [name, value] of variables.below(path)) {
    const variable = { name: `ema.${name}`, shape: value.shape, trainable: false, initializer: zeros, copyOf: name };
    const average = variables.get(variable);
    variables.move(variable.name, add(average, mul(sub(value, average), rate)));
  }
}
