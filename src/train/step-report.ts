/** What is read of the outputs of a step: the numbers that it reports, and what in it is not finite. */

import type { DeviceTensor } from '../engine/index.ts';
import { type StepScalar, stepScalars } from '../gan/index.ts';

export type StepReport = Readonly<Record<StepScalar, number>>;

export type Tensors = Readonly<Record<string, DeviceTensor>>;

/** The numbers among the outputs that have one of the names. */
export async function readNumbers(outputs: Tensors, names: readonly string[]): Promise<Record<string, number>> {
  const numbers: Record<string, number> = {};
  for (const name of names) {
    const tensor = outputs[name];
    if (tensor !== undefined) numbers[name] = (await tensor.runtime.download(tensor)).data[0] ?? Number.NaN;
  }
  return numbers;
}

/** The report of a step whose phases have put these out. */
export async function readReport(outputs: Tensors): Promise<StepReport> {
  const numbers = await readNumbers(outputs, stepScalars);
  const read = (name: StepScalar) => numbers[name] ?? Number.NaN;
  return {
    lossD: read('lossD'),
    lossG: read('lossG'),
    realLogits: read('realLogits'),
    fakeLogits: read('fakeLogits'),
    separation: read('separation'),
    penalty: read('penalty'),
    gradNormD: read('gradNormD'),
    gradNormG: read('gradNormG'),
  };
}

/** The first output with an element that is not finite, and that element. */
export async function firstNotFinite(outputs: Tensors): Promise<[string, number]> {
  for (const [name, tensor] of Object.entries(outputs)) {
    const { data } = await tensor.runtime.download(tensor);
    const value = data.find((element) => !Number.isFinite(element));
    if (value !== undefined) return [name, value];
  }
  return ['a scalar', Number.NaN];
}
