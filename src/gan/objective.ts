/** What each network descends: the scalars that a training step differentiates, as functions of its inputs. */

import { UserError } from '../base/errors.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import {
  add,
  cast,
  concat,
  equal,
  greater,
  input,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  reshape,
  scalar,
  slice,
  stopGradient,
  sub,
  sum,
} from '../engine/ops/index.ts';
import type { Scope, Variables } from '../nn/index.ts';
import { augment } from './augment.ts';
import type { Distribution, Draws } from './draws.ts';
import type { BoundModel, Judgement } from './model.ts';
import type { StepOptions } from './step-options.ts';

/** What a step is traced with. */
export interface Trace {
  readonly options: StepOptions;
  readonly variables: Variables;
  readonly draws: Draws;
}

/** A scalar to descend, and the numbers to report beside it. */
export interface Objective<Name extends string> {
  readonly loss: Tensor;
  readonly report: Readonly<Record<Name, Tensor>>;
}

/** uint8 0 … 255 → float32 −1 … 1: the one place where pixels become numbers. */
export function fromPixels(images: Tensor): Tensor {
  return sub(mul(cast(images, 'float32'), 2 / 255), 1);
}

/**
 * uint8 → float32 spread evenly over the interval that a grey level stands for: 2(x/256 − ½) + U(0, 1/128). Source: the code
 * of WGAN-GP, arXiv:1704.00028.
 */
function dequantized(images: Tensor, draws: Draws, name: string): Tensor {
  const noise = draws.take(name, images.shape, { kind: 'uniform', low: 0, high: 1 / 128 });
  return add(sub(mul(cast(images, 'float32'), 2 / 256), 1), noise);
}

/** What fakes are made of: float32[N,Z] and int32[N]. */
interface Latents {
  readonly z: Tensor;
  readonly labels: Tensor;
}

/** Latents and labels of the fakes of one update: random inputs `z.<update>` and, unless given, `fakeLabels.<update>`. */
export function drawFakes(draws: Draws, model: BoundModel, update: string, count: number, labels?: Tensor): Latents {
  const coordinates: Distribution =
    model.latents === 'normal' ? { kind: 'normal' } : { kind: 'uniform', low: -1, high: 1 };
  const z = draws.take(`z.${update}`, [count, model.latentDim], coordinates);
  const below = Math.max(1, model.images.classes);
  return { z, labels: labels ?? draws.take(`fakeLabels.${update}`, [count], { kind: 'integers', below }) };
}

/** Of the discriminator's update number `k` on `count` real and as many fake images: inputs `images.k`, `labels.k`. */
export function discriminatorObjective(
  { options, variables, draws }: Trace,
  k: number,
  count: number,
): Objective<'lossD' | 'realLogits' | 'fakeLogits' | 'separation' | 'penalty'> {
  const { model, loss, auxiliaryClassifier, dequantize = false } = options;
  const { resolution, channels } = model.images;
  const pixels = input(`images.${k}`, 'uint8', [count, channels, resolution, resolution]);
  const labels = input(`labels.${k}`, 'int32', [count]);
  const fakes = drawFakes(draws, model, `D${k}`, count, model.judging.fakeLabels === 'real' ? labels : undefined);
  const real = dequantize ? dequantized(pixels, draws, `dequantize.D${k}`) : fromPixels(pixels);
  // The fake images are data here: only the discriminator's parameters are differentiated.
  const fake = stopGradient(generated(variables, model, fakes));

  const changed = (images: Tensor, which: string) =>
    withScope('augment', () => augment(images, options.augment ?? [], draws, `augment.D${k}.${which}`));
  const ofReal = { images: changed(real, 'real'), labels };
  const ofFake = { images: changed(fake, 'fake'), labels: fakes.labels };
  const [onReal, onFake] =
    model.judging.batches === 'together'
      ? judgeTogether(variables, model, ofReal, ofFake)
      : judgeApart(variables, model, ofReal, ofFake);

  const resting = variables.scope('D', { training: true, updates: false });
  const penalties = (options.penalties ?? []).map(({ penalty, weight }) => {
    const name = `${penalty.name}.D${k}`;
    const draw = (what: string, shape: readonly number[], distribution: Distribution) =>
      draws.take(`${name}.${what}`, shape, distribution);
    const judge = (images: Tensor) => judged(resting, model, { images, labels }).logits;
    return withScope(penalty.name, () => mul(penalty.penalize({ real, fake, labels, judge, draw }), weight));
  });
  const lossD = withScope('loss', () => loss.discriminator(onReal.logits, onFake.logits));
  const penalty = penalties.reduce((total, part) => add(total, part), scalar(0));
  const classes = auxiliaryClassifier && [
    mul(classCrossEntropy(model, onReal, labels), auxiliaryClassifier.discriminatorWeight),
    ...(auxiliaryClassifier.onFakes === true
      ? [mul(classCrossEntropy(model, onFake, fakes.labels), auxiliaryClassifier.discriminatorWeight)]
      : []),
  ];
  const report = {
    lossD,
    realLogits: mean(onReal.logits),
    fakeLogits: mean(onFake.logits),
    separation: separation(onReal.logits, onFake.logits),
    penalty,
  };
  return { loss: [penalty, ...(classes ?? [])].reduce((total, part) => add(total, part), lossD), report };
}

interface Labelled {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Images of the generator as it trains, in a scope of its own, so that a profile tells the two networks apart. */
function generated(variables: Variables, model: BoundModel, { z, labels }: Latents): Tensor {
  return withScope('G', () => model.generator(variables.scope('G', { training: true }), z, labels));
}

/** What the discriminator says, in a scope of its own. */
function judged(scope: Scope, model: BoundModel, { images, labels }: Labelled): Judgement {
  return withScope('D', () => model.discriminator(scope, images, labels));
}

/** One pass over both: without batch statistics in the discriminator that is the same as two, and quicker. */
function judgeTogether(
  variables: Variables,
  model: BoundModel,
  real: Labelled,
  fake: Labelled,
): [Judgement, Judgement] {
  const count = real.images.shape[0] ?? 0;
  const both = judged(variables.scope('D', { training: true }), model, {
    images: concat([real.images, fake.images], 0),
    labels: concat([real.labels, fake.labels], 0),
  });
  const part = (from: number, to: number): Judgement => ({
    logits: slice(both.logits, [from], [to]),
    ...(both.classLogits && { classLogits: slice(both.classLogits, [from], [to]) }),
  });
  return [part(0, count), part(count, 2 * count)];
}

/** Real first, then fake, each a batch of its own that moves the buffers. */
function judgeApart(variables: Variables, model: BoundModel, real: Labelled, fake: Labelled): [Judgement, Judgement] {
  const onReal = judged(variables.scope('D', { training: true, applicationsAhead: 1 }), model, real);
  variables.commit();
  return [onReal, judged(variables.scope('D', { training: true }), model, fake)];
}

/** Of the generator's update on `count` images, whose latents `z` and labels come from `drawFakes`. */
export function generatorObjective({ options, variables, draws }: Trace, latents: Latents): Objective<'lossG'> {
  const { model, loss, auxiliaryClassifier } = options;
  const { labels } = latents;
  const fake = generated(variables, model, latents);
  const images = withScope('augment', () => augment(fake, options.augment ?? [], draws, 'augment.G'));
  const judge = variables.scope('D', { training: true, updates: model.judging.movesInGeneratorStep });
  const judgement = judged(judge, model, { images, labels });
  const lossG = withScope('loss', () => loss.generator(judgement.logits));
  if (auxiliaryClassifier === undefined) return { loss: lossG, report: { lossG } };
  const classes = mul(classCrossEntropy(model, judgement, labels), auxiliaryClassifier.generatorWeight);
  return { loss: add(lossG, classes), report: { lossG } };
}

/** −E log p(label). */
function classCrossEntropy(model: BoundModel, { classLogits }: Judgement, labels: Tensor): Tensor {
  if (classLogits === undefined) {
    throw new UserError(
      `${model.name}: auxiliaryClassifier is set, but this discriminator tells no classes apart. Leave it out, or choose a ` +
        'model that does and a dataset with classes.',
    );
  }
  const chosen = mul(logSoftmax(classLogits), oneHot(labels, model.images.classes));
  return neg(mean(sum(chosen, [1])));
}

/**
 * How well the logits tell real from fake, whatever the loss: the probability that a real image has the higher one, from ½
 * (not at all) to 1 (without a mistake); a tie counts half. The area under the ROC curve.
 */
function separation(realLogits: Tensor, fakeLogits: Tensor): Tensor {
  const [reals, fakes] = [reshape(realLogits, [-1, 1]), reshape(fakeLogits, [1, -1])];
  const [higher, equalled] = [greater(reals, fakes), equal(reals, fakes)];
  return add(mean(cast(higher, 'float32')), mul(mean(cast(equalled, 'float32')), 0.5));
}
