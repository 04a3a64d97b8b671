// Train the small SAGAN on MNIST for a few steps, and follow it step by step.
// Usage: npx tsx examples/train-mnist.ts [folder of the new run] [steps]
import { train } from 'sagan';

const [out = 'runs/example', steps = '20'] = process.argv.slice(2);

for await (const event of train({ preset: 'sagan-mnist-mini', data: 'mnist', out, steps: Number(steps), batch: 16 })) {
  if (event.type === 'step') {
    console.log(`step ${event.step}: lossD ${event.lossD.toFixed(3)}, lossG ${event.lossG.toFixed(3)}`);
  }
  if (event.type === 'samples') console.log(`samples: ${event.path}`);
}
