/** Sagan's side of the step benchmark: a SAGAN step at 32×32, 3 channels, 10 classes, for every line `step` on stdin. */

import { createInterface } from 'node:readline';
import { Random } from '../src/base/random.ts';
import { datasetFrom } from '../src/data/index.ts';
import { openRuntime } from '../src/engine/index.ts';
import { findModel, losses } from '../src/gan/index.ts';
import { Trainer } from '../src/train/index.ts';

const [widthText = '64', threadsText = '2'] = process.argv.slice(2);
const base = Number(widthText);
const model = findModel('sagan').bind(
  { attentionAt: [16], generatorChannels: base, discriminatorChannels: base },
  { resolution: 32, channels: 3, classes: 10 },
);
const random = new Random(0, 'bench');
const count = 256;
const optimizer = { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 };
const trainer = await Trainer.create({
  model,
  loss: losses.hinge,
  batch: 64,
  discriminatorSteps: 1,
  generatorOptimizer: { ...optimizer, learningRate: 1e-4 },
  discriminatorOptimizer: optimizer,
  ema: { decay: 0.999, startStep: 0 },
  seed: 0,
  runtime: await openRuntime({ threads: Number(threadsText) }),
  dataset: datasetFrom({
    name: 'noise',
    channels: 3,
    resolution: 32,
    images: Uint8Array.from(random.integers(count * 3 * 32 * 32, 256)),
    labels: random.integers(count, 10),
    classNames: Array.from({ length: 10 }, (_, i) => String(i)),
  }),
});

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  const start = performance.now();
  const report = await trainer.advance();
  const ms = performance.now() - start;
  console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024, ...report }));
}
