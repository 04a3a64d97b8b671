// Draw images with a trained run, and look at single pixels of them.
// Usage: npx tsx examples/sample-run.ts [folder of the run] [sheet.png]
import { writeFileSync } from 'node:fs';
import { sample } from 'sagan';

const [run = 'runs/example', sheet = 'sheet.png'] = process.argv.slice(2);

const { png, images, labels, step } = await sample(run, { count: 20, columns: 10, seed: 7 });
writeFileSync(sheet, png);
console.log(`${sheet}: ${labels.length} images of step ${step}`);

const size = images.length / labels.length;
const brightness = (n: number) => images.subarray(n * size, (n + 1) * size).reduce((sum, byte) => sum + byte, 0) / size;
console.log(`mean brightness of the first image: ${brightness(0).toFixed(1)} of 255`);
