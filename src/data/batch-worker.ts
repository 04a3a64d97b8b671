/** Draws batches beside the thread that trains on them; `batches-ahead.ts` starts it. */

import { parentPort, workerData } from 'node:worker_threads';
import type { BatchWork, DrawnBatch, WantedBatch } from './batches-ahead.ts';
import { createDataset } from './dataset.ts';
import { pixelsIn } from './pixel-file.ts';

const { batchSize, recipe }: BatchWork = workerData;
const dataset = createDataset({ ...recipe, pixels: pixelsIn(recipe.pixels) });

parentPort?.on('message', ({ position, seed }: WantedBatch) => {
  const batch = dataset.batchAt(position, batchSize, seed);
  const drawn: DrawnBatch = { batch, seed };
  parentPort?.postMessage(drawn, [batch.images.buffer, batch.labels.buffer]);
});
