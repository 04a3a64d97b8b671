/**
 * Are the twins twins? Each model of the benchmarks, made narrow, computes with the same weights and the same draws on both
 * sides: images of the generator in training and in sampling, logits of the discriminator, and the losses and norms of
 * gradients of a whole step. Prints the largest differences, and exits with 1 if one is no rounding.
 *
 *     npx tsx bench/check-twins.ts
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Random } from '../src/base/random.ts';
import { type Graph, graph, input, openRuntime, type State, type TensorData } from '../src/engine/index.ts';
import { drawValues, fromPixels, tracePhases, traceSampler } from '../src/gan/index.ts';
import { initialize, Variables } from '../src/nn/index.ts';
import { encodeSafetensors, writeFileAtomic } from '../src/store/index.ts';
import { Trainer } from '../src/train/index.ts';
import { modelOf, noise, stepOptionsOf } from './our-side.ts';
import { python } from './step.ts';
import { curves, type Work, works } from './work.ts';

const seed = 0;
const script = fileURLToPath(new URL('pytorch/check.py', import.meta.url));

/**
 * As such code is usually written, and with every choice that changes how the twin computes. Both judge real and fake images
 * in one pass, as Sagan does: a second one would move spectral norm's power iteration once more.
 */
const choices = [['--concat'], ['--concat', '--channels-last', '--foreach', '--fold']];

/** Largest differences that rounding makes: of pixels and logits, and of losses and norms beside their size. */
const tolerance = 1e-4;

const answerSchema = z.object({
  images: z.array(z.number()),
  samples: z.array(z.number()),
  logits: z.array(z.number()),
  lossD: z.number(),
  lossG: z.number(),
  gradNormD: z.number(),
  gradNormG: z.number(),
});
type Answer = z.infer<typeof answerSchema>;

/** A work of each model and resolution, narrow and for few images. */
function narrowWorks(): Map<string, Work> {
  const all = [...Object.values(works), ...Object.values(curves).flatMap((curve) => curve.works)];
  return new Map(
    all.map((work) => {
      const options = { ...work.options, generatorChannels: 8, discriminatorChannels: 8 };
      return [`${work.model} at ${work.resolution}`, { ...work, options, batch: 4 }];
    }),
  );
}

/** Initial weights, with gates open and norms that are not alike. */
function stateOf(work: Work): State {
  const random = new Random(seed, 'check');
  const moved = /^(ema\.)?[GD]\..*(gain|bias|mean|gamma)$/;
  return new Map(
    [...initialize(tracePhases(stepOptionsOf(work)).variables, seed)].map(([name, { shape, data }]) => {
      const change = random.normal(data.length);
      const changed = Float32Array.from(data, (value, i) => value + (moved.test(name) ? 0.3 * (change[i] ?? 0) : 0));
      return [name, { dtype: 'float32', shape, data: changed }];
    }),
  );
}

/** What the first step is fed beside the state: the same draws as the trainer's. */
function inputsOf(work: Work): Map<string, TensorData> {
  const { phases } = tracePhases(stepOptionsOf(work));
  const { images, labels } = noise(work).batchAt(0, work.batch, seed);
  const shape = [work.batch, work.channels, work.resolution, work.resolution];
  const inputs = new Map<string, TensorData>([
    ['images.0', { dtype: 'uint8', shape, data: images }],
    ['labels.0', { dtype: 'int32', shape: [work.batch], data: labels }],
  ]);
  for (const [name, source] of phases.flatMap(({ sources }) => [...sources])) {
    if (source.from === 'random') inputs.set(name, drawValues(source.draw, new Random(seed, source.stream, 0)));
  }
  return inputs;
}

/** What Sagan computes; of a step's report only what both sides tell. */
async function sagan(work: Work, state: State, inputs: ReadonlyMap<string, TensorData>): Promise<Answer> {
  const runtime = await openRuntime({ threads: 1 });
  const run = async (program: Graph) => {
    const given = new Map([...state, ...inputs, ['z', inputs.get('z.D0')], ['labels', inputs.get('labels.0')]]);
    const feeds = [...given].flatMap(([name, data]) => (data ? [[name, runtime.upload(data)] as const] : []));
    const [output] = Object.values(await (await runtime.compile(program)).run(Object.fromEntries(feeds)));
    if (output === undefined) throw new Error(`${program.name} has no output.`);
    return Array.from((await runtime.download(output)).data);
  };
  const model = modelOf(work);
  const scope = (network: string) => new Variables().scope(network, { training: true });
  const labels = input('labels', 'int32', [work.batch]);
  const pixels = input('images.0', 'uint8', [work.batch, work.channels, work.resolution, work.resolution]);
  const z = input('z', 'float32', [work.batch, model.latentDim]);
  const { logits } = model.discriminator(scope('D'), fromPixels(pixels), labels);
  const trainer = await Trainer.create({
    ...stepOptionsOf(work),
    seed,
    runtime,
    dataset: noise(work),
    from: { step: 0, state },
  });
  return answerSchema.parse({
    ...(await trainer.advance()),
    images: await run(graph('images', [['images', model.generator(scope('G'), z, labels)]])),
    samples: await run(traceSampler(model, { batch: work.batch, network: 'G' }).graph),
    logits: await run(graph('logits', [['logits', logits]])),
  });
}

function twin(work: Work, file: string, chosen: readonly string[]): Answer {
  const run = spawnSync(python, [script, JSON.stringify(work), file, ...chosen], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) throw new Error(`the twins need Debian's python3-torch.\n${run.error?.message ?? run.stderr}`);
  return answerSchema.parse(JSON.parse(run.stdout));
}

/** By name: the largest difference of the elements, or the difference beside the number's size. */
function differences(ours: Answer, theirs: Answer): Record<string, number> {
  const elements = (a: readonly number[], b: readonly number[]) =>
    a.length === b.length
      ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0)
      : Number.NaN;
  const size = (a: number, b: number) => Math.abs(a - b) / Math.max(1, Math.abs(a));
  return {
    images: elements(ours.images, theirs.images),
    samples: elements(ours.samples, theirs.samples),
    logits: elements(ours.logits, theirs.logits),
    lossD: size(ours.lossD, theirs.lossD),
    gradNormD: size(ours.gradNormD, theirs.gradNormD),
    lossG: size(ours.lossG, theirs.lossG),
    gradNormG: size(ours.gradNormG, theirs.gradNormG),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'sagan-twins-'));
const file = join(folder, 'step.safetensors');
let failures = 0;
for (const [name, work] of narrowWorks()) {
  const state = stateOf(work);
  const inputs = inputsOf(work);
  writeFileAtomic(file, encodeSafetensors(new Map([...state, ...inputs])));
  const ours = await sagan(work, state, inputs);
  for (const chosen of choices) {
    const found = Object.entries(differences(ours, twin(work, file, chosen)));
    const wrong = found.filter(([, difference]) => !(difference <= tolerance));
    failures += wrong.length;
    const shown = found.map(([what, difference]) => `${what} ${difference.toExponential(0)}`).join(', ');
    console.log(`${wrong.length === 0 ? 'same     ' : 'DIFFERENT'} ${name} ${chosen.join(' ')}: ${shown}`);
  }
}
rmSync(folder, { recursive: true });
process.exit(failures === 0 ? 0 : 1);
