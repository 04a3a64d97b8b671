/** What a finding says: what is seen, its likely cause, and what to change. */

import type { FindingKind } from './watch-signs.ts';

export interface Explanation {
  readonly seen: string;
  readonly cause: string;
  readonly suggestion: string;
}

interface Observed {
  readonly subject: string;
  readonly evidence: Readonly<Record<string, number>>;
  readonly step: number;
  readonly since: number;
}

/** Losses that are no values but ends of a scale, and what they mean. */
const ends: readonly { readonly value: number; readonly meaning: string }[] = [
  {
    value: 2,
    meaning: "it is hinge's loss of a discriminator that says the same of every image, so nobody gets a gradient",
  },
  {
    value: 2 * Math.LN2,
    meaning: 'it is the cross-entropy of a discriminator that says ½ of every image, so nobody gets a gradient',
  },
  {
    value: -Math.log(1e-12),
    meaning: 'it is −ln 1e-12, where a cross-entropy of clamped probabilities ends: the sigmoid is saturated',
  },
  { value: -Math.log(1e-7), meaning: 'it is −ln 1e-7, where a cross-entropy of clamped probabilities ends' },
  { value: 100, meaning: 'it is where a cross-entropy ends whose logarithms are clamped at −100' },
];
const endTolerance = 1e-3;

export function explain(kind: FindingKind, observed: Observed): Explanation {
  return words[kind](observed);
}

const words: Readonly<Record<FindingKind, (observed: Observed) => Explanation>> = {
  pinnedLoss({ subject, evidence: { value = Number.NaN }, step, since }) {
    const end = ends.find((candidate) => Math.abs(Math.abs(value) - candidate.value) <= endTolerance);
    return {
      seen: `${subject} has not moved from ${show(value)} for ${step - since - 1} steps`,
      cause: end?.meaning ?? 'no gradient reaches the networks: their units are dead or saturated',
      suggestion:
        'a network without a gradient does not recover. Go back to an earlier checkpoint or begin again, with a lower ' +
        'discriminator.learningRate, or with {"name":"r1"} among the penalties',
    };
  },
  saturatedLogits: ({ evidence: { realLogits = Number.NaN, fakeLogits = Number.NaN } }) => ({
    seen: `the discriminator's logits are ${show(realLogits)} for real images and ${show(fakeLogits)} for samples`,
    cause: 'its probabilities round to 1 and 0: it has won, and its own gradient vanishes',
    suggestion: 'lower discriminator.learningRate, set realTarget to 0.9, or add {"name":"r1"} to the penalties',
  }),
  discriminatorWins: ({ evidence: { separation = Number.NaN }, step, since }) => ({
    seen: `the discriminator has told ${percent(separation)} of pairs of real images and samples apart for ${step - since + 1} steps`,
    cause: 'it is too strong for the generator, or it knows the real images by heart',
    suggestion:
      'lower discriminator.learningRate or discriminatorSteps, add {"name":"r1"} to the penalties, or set augment if ' +
      'there are few images',
  }),
  discriminatorBlind: ({ evidence: { separation = Number.NaN }, step, since }) => ({
    seen: `the discriminator has told ${percent(separation)} of pairs apart, as guessing would, for ${step - since + 1} steps`,
    cause: 'it learns nothing, and so the generator does not either; or the samples are perfect: look at a sheet',
    suggestion: 'raise discriminator.learningRate or discriminatorSteps, or lower the weight of penalties',
  }),
  growingSpectrum: ({ subject, evidence: { sigma = Number.NaN, usual = Number.NaN } }) => ({
    seen: `the largest singular value of ${subject} has grown to ${show(sigma)}, ${show(sigma / usual)} times its running mean`,
    cause:
      "BigGAN's sign of a collapse that begins: a few of the generator's weights explode, and diversity goes with them",
    suggestion:
      'lower generator.learningRate, set orthogonalRegularization to {}, or be content with a checkpoint from before',
  }),
  lostDiversity: ({ subject, evidence: { distance = Number.NaN, best = Number.NaN, distanceReal = Number.NaN } }) => ({
    seen: `${subject} differ by ${show(distance)} in their pixels; they have differed by ${show(best)}, and real images do by ${show(distanceReal)}`,
    cause: 'mode collapse: the generator makes nearly one image, because that has fooled the discriminator',
    suggestion:
      'lower generator.learningRate, raise batch or discriminatorSteps, or add {"name":"r1"} to the penalties; what is ' +
      'lost seldom comes back',
  }),
  idleAttention: ({ subject, evidence: { gamma = Number.NaN }, step }) => ({
    seen: `the gate ${subject} is ${show(gamma)} after ${step} steps`,
    cause: 'its attention is hardly used: it begins at 0, and the gradient has not said that attention helps',
    suggestion: 'train longer, or name larger feature maps in model.attentionAt; or leave attention out, at no loss',
  }),
  oneLabel: ({ evidence: { images = Number.NaN, classes = Number.NaN } }) => ({
    seen: `all of ${images} real images have the same label, in several batches; the model knows ${classes} classes`,
    cause: 'the folders are not what they should be, such as a level too deep, or nearly all images are of one class',
    suggestion: 'look at the labels with "sagan data", or set data.conditional to false',
  }),
  slopeOffTarget: ({ evidence: { slope = Number.NaN } }) => ({
    seen: `the discriminator's gradient has the norm ${show(slope)}, and the penalty asks for 1`,
    cause:
      slope > 1
        ? 'the penalty is too weak for the learning rate'
        : 'the discriminator has had too few updates, or the penalty outweighs its loss',
    suggestion:
      slope > 1
        ? 'lower discriminator.learningRate, or raise the weight of the penalty'
        : 'raise discriminatorSteps, or lower the weight of the penalty',
  }),
  learntByHeart: ({
    evidence: {
      separation = Number.NaN,
      logitTraining = Number.NaN,
      logitHeldOut = Number.NaN,
      logitFake = Number.NaN,
    },
  }) => ({
    seen:
      `the discriminator tells images that it is trained on from others in ${percent(separation)} of pairs: its mean logit is ` +
      `${show(logitTraining)} for these, ${show(logitHeldOut)} for those, ${show(logitFake)} for samples`,
    cause: 'it knows its training images by heart: they are too few for it, and it teaches the generator to copy them',
    suggestion:
      'set augment, for example to ["color","translation","cutout"], add images, use a smaller model.discriminatorChannels, or ' +
      'be content with a checkpoint from before',
  }),
  notFinite: ({ subject, step }) => ({
    seen: `${subject} was not finite in step ${step}, which was not adopted`,
    cause: 'the steps have become too large, and the numbers with them',
    suggestion: 'lower generator.learningRate and discriminator.learningRate',
  }),
};

const show = (value: number) => String(Number(value.toPrecision(4)));
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
