/**
 * Trains the classifier that scores generated samples, by Sagan's own engine, and writes it with what it was made from.
 *
 *     npx tsx scripts/train-classifier.ts mnist --out assets/classifier-mnist.safetensors
 *     npx tsx scripts/train-classifier.ts fashion-mnist:FOLDER --epochs 12 \
 *       --out assets/classifier-fashion-mnist.safetensors
 *
 * The dataset may also be a folder of IDX files. Every draw depends on the seed alone, so one machine makes the same file
 * bit for bit; a machine that rounds otherwise ends with somewhat other weights.
 */

import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../src/base/errors.ts';
import { Random } from '../src/base/random.ts';
import { type Batch, type Dataset, openDataset } from '../src/data/index.ts';
import { type DeviceTensor, grad, graph, openRuntime, type Runtime, type State } from '../src/engine/index.ts';
import { input, logSoftmax, mean, mul, neg, oneHot, sum } from '../src/engine/ops/index.ts';
import { fromPixels } from '../src/gan/index.ts';
import {
  classAccuracy,
  classifier,
  classifierResolution,
  createClassifier,
  writeClassifier,
} from '../src/metrics/index.ts';
import { type AdamOptions, adam, adamSchedule, initialize, Variables } from '../src/nn/index.ts';

const batch = 128;
const optimizer: AdamOptions = { learningRate: 2e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const largestShift = 2; // pixels: the margin that the digits have after padding from 28 to 32

interface Training {
  readonly dataset: Dataset;
  readonly classes: number;
  readonly seed: number;
  readonly epochs: number;
}

/** One update: images and labels in, the mean cross entropy and the next state out. */
function traceUpdate(classes: number) {
  const variables = new Variables();
  const images = input('images', 'uint8', [batch, 1, classifierResolution, classifierResolution]);
  const labels = input('labels', 'int32', [batch]);
  const { logits } = classifier(variables.scope('classifier', { training: true }), fromPixels(images), classes);
  const loss = neg(mean(sum(mul(logSoftmax(logits), oneHot(labels, classes)), [1])));
  const parameters = variables.below('classifier', 'trainable');
  adam(variables, 'classifier', parameters, grad(loss, [...parameters.values()]), optimizer);
  variables.commit();
  return { graph: graph('classifierUpdate', [['loss', loss], ...variables.updates]), variables: variables.all };
}

/** The images of a batch, each moved by up to `largestShift` pixels along both axes over black. */
function shifted({ images, position }: Batch, seed: number): Uint8Array {
  const side = classifierResolution;
  const moved = new Uint8Array(images.length);
  for (let n = 0; n < batch; n++) {
    const random = new Random(seed, 'shift', position + n);
    const offset = () => random.below(2 * largestShift + 1) - largestShift;
    const [down, right] = [offset(), offset()];
    for (let y = Math.max(0, down); y < Math.min(side, side + down); y++) {
      const row = (n * side + y - down) * side;
      const source = images.subarray(row + Math.max(0, -right), row + Math.min(side, side - right));
      moved.set(source, (n * side + y) * side + Math.max(0, right));
    }
  }
  return moved;
}

/** The weights after `epochs` passes over the dataset, the learning rate falling linearly to zero. */
async function train(runtime: Runtime, { dataset, classes, seed, epochs }: Training): Promise<State> {
  const update = traceUpdate(classes);
  const program = await runtime.compile(update.graph);
  const upload = (data: Float32Array | Int32Array | Uint8Array, shape: readonly number[]) => {
    const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8';
    return runtime.upload({ dtype, shape, data });
  };
  let state: Record<string, DeviceTensor> = {};
  for (const [name, data] of initialize(update.variables, seed)) state[name] = runtime.upload(data);
  const steps = Math.floor((dataset.count * epochs) / batch);
  for (let step = 1; step <= steps; step++) {
    const drawn = dataset.batchAt((step - 1) * batch, batch, seed);
    const learningRate = optimizer.learningRate * (1 - (step - 1) / steps);
    const schedule = Object.entries(adamSchedule('classifier', step, { ...optimizer, learningRate }));
    const { loss, ...next } = await program.run({
      ...state,
      images: upload(shifted(drawn, seed), [batch, 1, classifierResolution, classifierResolution]),
      labels: upload(drawn.labels, [batch]),
      ...Object.fromEntries(schedule.map(([name, value]) => [name, upload(Float32Array.of(value), [])])),
    });
    state = next;
    if (loss !== undefined && (step % 200 === 0 || step === steps)) {
      const { data } = await runtime.download(loss);
      console.log(`step ${step} of ${steps}  loss ${(data[0] ?? Number.NaN).toFixed(4)}`);
    }
  }
  const weights = Object.entries(state).filter(([name]) => name.startsWith('classifier.'));
  return new Map(
    await Promise.all(weights.map(async ([name, tensor]) => [name, await runtime.download(tensor)] as const)),
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      seed: { type: 'string', default: '1' },
      epochs: { type: 'string', default: '6' },
    },
  });
  const [name = 'mnist'] = positionals;
  const [seed, epochs] = [Number(values.seed), Number(values.epochs)];
  if (values.out === undefined)
    throw new UserError(
      'train-classifier: no --out FILE was given; expected where to write. Try --out classifier.safetensors.',
    );
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new UserError(`train-classifier: --epochs is ${values.epochs}; expected a whole number of 1 or more. Try 6.`);
  }
  const format = { resolution: classifierResolution, channels: 1 } as const;
  const { dataset } = await openDataset(name, { ...format, split: 'train' });
  const { dataset: test } = await openDataset(name, { ...format, split: 'test' });
  const classes = dataset.classNames.length;
  const runtime = await openRuntime();
  const weights = await train(runtime, { dataset, classes, seed, epochs });

  const { images, labels } = test.batchAt(0, test.count, 0);
  const judge = createClassifier(runtime, { weights, classes, metadata: new Map() });
  const { accuracy } = await classAccuracy(judge, images, labels, format);
  console.log(`test accuracy ${(100 * accuracy).toFixed(2)} % on ${test.count} images`);
  const metadata = new Map([
    ['dataset', basename(dataset.name)],
    ['testAccuracy', String(accuracy)],
    ['seed', String(seed)],
    ['epochs', String(epochs)],
    ['normalisation', 'pixel / 127.5 - 1'],
    ['createdBy', 'scripts/train-classifier.ts'],
  ]);
  writeClassifier(values.out, { weights, metadata });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
