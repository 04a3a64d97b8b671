/** Sagan's side of the Inception benchmark: features and logits of `images` images for every line `step` on stdin. */

import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openInception } from '../src/metrics/index.ts';
import { formulaImages } from '../test/reference/inception-formula.ts';

const [file = '', imagesText = '48', batchText = '8', threadsText = '2'] = process.argv.slice(2);
const batch = Number(batchText);
const extractor = await openInception(file, { batch, threads: Number(threadsText) });
rmSync(file);
const images = formulaImages(batch);

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  const start = performance.now();
  for (let done = 0; done < Number(imagesText); done += batch) await extractor.extract(images, batch);
  const ms = performance.now() - start;
  console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024 }));
}
