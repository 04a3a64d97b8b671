// Train networks and a loss of your own: a model is two functions, a loss two more, and both are plain values.
// Usage: npx tsx examples/own-model.ts [folder of the new run] [steps]
import { conv2d, convTranspose2d, type GanLoss, type GanModel, linear, modelEntry, train } from 'sagan';
import { add, leakyRelu, mean, neg, relu, reshape, softplus, tanh } from 'sagan/engine';
import { z } from 'zod';

const [out = 'runs/own-model', steps = '20'] = process.argv.slice(2);
const options = z.strictObject({ width: z.int().positive().default(16) });

const small: GanModel<z.infer<typeof options>> = {
  name: 'small',
  source: 'examples/own-model.ts',
  options,
  check: () => undefined,
  latentDim: () => 32,
  generator(scope, { width }, { channels, resolution }, z) {
    const side = resolution / 2;
    const x = scope.at('linear', (s) => linear(s, z, width * side * side)); // [N, width·side²]
    return tanh(scope.at('up', (s) => convTranspose2d(s, relu(reshape(x, [-1, width, side, side])), channels)));
  },
  discriminator(scope, { width }, _, x) {
    const features = leakyRelu(scope.at('down', (s) => conv2d(s, x, width, { stride: 2 }))); // [N, width, side, side]
    const logits = scope.at('linear', (s) => linear(s, reshape(features, [features.shape[0] ?? 1, -1]), 1)); // [N, 1]
    return reshape(logits, [-1]);
  },
};

const logistic: GanLoss = {
  name: 'logistic',
  discriminator: (real, fake) => add(mean(softplus(neg(real))), mean(softplus(fake))),
  generator: (fake) => mean(softplus(neg(fake))),
};

const own = { model: modelEntry(small), loss: logistic, config: { model: { width: 8 } } };
for await (const event of train({ ...own, data: 'mnist', batch: 16, out, steps: Number(steps) })) {
  if (event.type === 'finished') console.log(`${out}: ${event.step} steps of a model of my own`);
}
