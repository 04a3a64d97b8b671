// Train on images that are values of your program: here discs and squares, drawn on the spot.
// Usage: npx tsx examples/own-dataset.ts [folder of the new run] [steps]
import { datasetFrom, train } from 'sagan';

const [out = 'runs/shapes', steps = '20'] = process.argv.slice(2);

const count = 64;
const side = 32;
const images = new Uint8Array(count * side * side); // [N, 1, H, W]
const labels = Array.from({ length: count }, (_, n) => n % 2);
for (const [n, label] of labels.entries()) {
  const radius = 4 + (n % 9);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [Math.abs(x - side / 2), Math.abs(y - side / 2)];
      const isInside = label === 0 ? Math.hypot(dx, dy) < radius : Math.max(dx, dy) < radius;
      images[(n * side + y) * side + x] = isInside ? 255 : 0;
    }
  }
}
const data = datasetFrom({
  name: 'shapes',
  images,
  channels: 1,
  resolution: side,
  labels,
  classNames: ['disc', 'square'],
});

const config = { model: { generatorChannels: 8, discriminatorChannels: 8 }, batch: 16 };
for await (const event of train({ preset: 'sagan-mnist-mini', config, data, out, steps: Number(steps) })) {
  if (event.type === 'finished') console.log(`${out}: ${event.step} steps on ${data.count} ${data.name}`);
}
