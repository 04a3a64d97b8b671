/** Training a small model on a single batch of images. */

import { datasetFrom } from '../../src/data/index.ts';
import { openRuntime, type State } from '../../src/engine/index.ts';
import type { BoundModel, StepOptions } from '../../src/gan/index.ts';
import { type StepReport, Trainer } from '../../src/train/index.ts';
import { stepOptions } from '../tables/models.ts';

/** Rewriting programs takes ONNX Runtime longer than these few steps. */
export const runtime = await openRuntime({ threads: 1, graphOptimizationLevel: 'disabled' });

export const adam = { learningRate: 2e-3, beta1: 0, beta2: 0.9, epsilon: 1e-8 };

/** Four images of stripes whose direction and colour belong to the class. */
function stripes({ images: { channels, resolution, classes } }: BoundModel) {
  const count = 4;
  const size = channels * resolution ** 2;
  const labels = Array.from({ length: count }, (_, n) => n % Math.max(1, classes));
  const pixels = Uint8Array.from({ length: count * size }, (_, i) => {
    const n = Math.floor(i / size);
    const [channel, y, x] = [
      Math.floor((i % size) / resolution ** 2),
      Math.floor((i % resolution ** 2) / resolution),
      i % resolution,
    ];
    const along = [x, y, x + y][labels[n] ?? 0] ?? 0;
    return (along + n) % 8 < 4 && channel !== labels[n] ? 230 : 30;
  });
  return datasetFrom({ name: 'stripes', images: pixels, channels: channels === 1 ? 1 : 3, resolution, labels });
}

export interface Course {
  readonly reports: readonly StepReport[];
  readonly state: State;
}

/** As many steps as told, each on the same four images, from the start or from where another course ended. */
export async function train(
  model: BoundModel,
  changes: Partial<StepOptions>,
  steps: number,
  from?: { readonly step: number; readonly state: State },
): Promise<Course> {
  const options = stepOptions(model, { generatorOptimizer: adam, discriminatorOptimizer: adam, ...changes });
  const trainer = await Trainer.create({ ...options, dataset: stripes(model), seed: 3, runtime, from });
  const reports: StepReport[] = [];
  for (let i = 0; i < steps; i++) reports.push(await trainer.advance());
  return { reports, state: await trainer.snapshot() };
}
