/** Runs of tiny networks as if in the middle of training, for the studio to show. */

import { modelOf } from '../../src/api/run-model.ts';
import type { TensorData } from '../../src/engine/index.ts';
import { traceDiscriminatorObserver, traceSampler } from '../../src/gan/index.ts';
import { createRun, saveCheckpoint } from '../../src/store/index.ts';
import { parseConfig } from '../../src/train/index.ts';
import { midCourse } from '../tables/models.ts';

/** Pixels of a side of their images. */
export const resolution = 32;

/** Makes one with a checkpoint at each step; its γ, if it attends, grows with the steps. */
export function makeTinyRun(
  path: string,
  {
    data,
    model,
    classes,
    steps = [10, 20],
  }: {
    readonly data: object;
    readonly model: object;
    readonly classes: number;
    readonly steps?: readonly number[];
  },
): void {
  const classNames = Array.from({ length: classes }, (_, label) => String(label));
  const config = parseConfig(
    {
      model: { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, ...model },
      data: { ...data, resolution, channels: 1 },
      images: { resolution, channels: 1, classes, classNames },
      seed: 3,
    },
    path,
  );
  const made = createRun(path, JSON.parse(JSON.stringify(config)));
  const bound = modelOf(config);
  const { variables } = traceSampler(bound, { batch: 1 });
  const trained = midCourse([...variables, ...traceDiscriminatorObserver(bound, { batch: 1 }).variables]);
  for (const step of steps) {
    const gamma: TensorData = { dtype: 'float32', shape: [], data: Float32Array.of(step / 20) };
    const state = Object.entries(trained).map(([variable, value]): [string, TensorData] => [
      variable,
      variable.endsWith('.gamma') ? { ...value, ...gamma, shape: value.shape } : value,
    ]);
    saveCheckpoint(made, { step, imagesSeen: 8, state: new Map(state) });
  }
}
