/**
 * The signs of trouble: what a step or an analysis shows of each thing that is watched, judged on its own. Whether a sign
 * lasts, and so is worth a word, is `Watch`'s to say.
 */

import type { StepScalar } from '../gan/index.ts';
import type { Analysis } from './analysis.ts';

export const findingKinds = [
  'pinnedLoss',
  'saturatedLogits',
  'discriminatorWins',
  'discriminatorBlind',
  'growingSpectrum',
  'lostDiversity',
  'idleAttention',
  'oneLabel',
  'slopeOffTarget',
  'learntByHeart',
  'notFinite',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** What is trained, as far as signs depend on it. */
export interface WatchContext {
  readonly loss: string;
  readonly penalties: readonly string[];
  readonly classes: number;
}

export interface Sign {
  readonly kind: FindingKind;
  /** What it is a sign of: the name of a loss, a weight, a gate. */
  readonly subject: string;
  readonly isBad: boolean;
  /** The first step after which the state may have been bad. */
  readonly since: number;
  readonly evidence: Readonly<Record<string, number>>;
}

/** Numbers that are carried from one observation to the next, by name; all finite. */
export type Remembered = Map<string, number>;

/** A loss that moves by no more than this share of itself in a step does not move: a batch's noise is far above it. */
const stillness = 1e-4;

/** float32 rounds σ(x) to 1 above it: 1 − σ(x) is then below 2⁻²⁴. */
const saturation = 24 * Math.LN2;

/** Of the averages of `separation`: their half-life is 70 steps, so that one batch's luck does not count. */
const separationDecay = 0.99;

/** Average share of pairs (real, fake) told apart: at a batch of 32 less than 5 of 1024 are confused. */
const separationOfWinner = 0.995;

/** Around ½, where the discriminator guesses. At a batch of 32 an average strays by 0.005 by chance. */
const blindMargin = 0.02;

/** How far above its average σ₀ is growing out of hand. Growth on a line, as in a healthy start, comes to 2 at the most. */
const spectrumGrowth = 3;

/** Analyses that a running average goes back, and those before it means something. */
const spectrumWindow = 10;
const spectrumWarmUp = 5;

/** Share of the best distance so far (at most that of real images) below which samples have become alike. */
const diversityShare = 0.3;

/** Share of the real images' distance that samples should reach at all, and the step by which they should. */
const smallestDiversity = 0.1;
const diversityByStep = 1000;

/** A gate below this passes less than a thousandth of attention's result on, after as many steps. */
const idleGate = 1e-3;
const gateByStep = 1000;

/** With fewer images a batch of one class is nothing unusual. */
const labelsThatTell = 8;

/**
 * How far above ½ images that are trained on are told from others where they are known by heart: of four pairs three. And
 * how many of the deviations that few images stray by.
 */
const heartMargin = 1 / 4;
const heartDeviations = 3;

/** Factor by which ‖∇D‖ may miss the 1 that a penalty asks for. */
const slopeTolerance = 2;

/** What a step shows. Updates `remembered`. */
export function stepSigns(
  step: number,
  report: Readonly<Record<StepScalar, number>>,
  remembered: Remembered,
  { loss }: WatchContext,
): Sign[] {
  const isStill = (name: 'lossD' | 'lossG') => {
    const before = remember(remembered, name, report[name]);
    return before !== undefined && Math.abs(report[name] - before) <= stillness * Math.abs(report[name]);
  };
  const [isStillD, isStillG] = [isStill('lossD'), isStill('lossG')];
  const pinned = (subject: 'lossD' | 'lossG', isBad: boolean): Sign => ({
    kind: 'pinnedLoss',
    subject,
    isBad,
    // The loss of the step before was already the same, and is one of the state that that step began with.
    since: Math.max(1, step - 2),
    evidence: { value: report[subject] },
  });
  // At 0 hinge's discriminator is only at rest: the generator still learns from it. Where both losses stand still, that is
  // one thing to tell.
  const isPinnedD = isStillD && report.lossD !== 0;
  const losses = [pinned('lossD', isPinnedD), pinned('lossG', isStillG && !isPinnedD)];
  const { realLogits, fakeLogits } = report;
  const separation = average(remembered, 'separation', report.separation, separationDecay);
  const sign = (kind: FindingKind, isBad: boolean, evidence: Sign['evidence']): Sign => ({
    kind,
    subject: 'D',
    isBad,
    since: step,
    evidence,
  });
  const isBlind = Math.abs(separation - 1 / 2) <= blindMargin;
  const signs = [...losses, sign('discriminatorBlind', isBlind, { separation })];
  // A critic of Wasserstein's distance is meant to be as good as it can, and has no sigmoid that could saturate.
  if (loss === 'wasserstein') return signs;
  signs.push(sign('discriminatorWins', separation >= separationOfWinner, { separation }));
  if (loss === 'hinge' || loss === 'leastSquares') return signs;
  const isSaturated = realLogits >= saturation && fakeLogits <= -saturation;
  return [...signs, sign('saturatedLogits', isSaturated, { realLogits, fakeLogits })];
}

/** What an analysis shows. Updates `remembered`. */
export function analysisSigns(
  step: number,
  analysis: Analysis,
  remembered: Remembered,
  { penalties, classes }: WatchContext,
): Sign[] {
  const since = (remember(remembered, 'analysis', step) ?? 0) + 1;
  const count = (remembered.get('analyses') ?? 0) + 1;
  remembered.set('analyses', count);
  const sign = (kind: FindingKind, subject: string, isBad: boolean, evidence: Sign['evidence']): Sign => ({
    kind,
    subject,
    isBad,
    since,
    evidence,
  });
  const signs: Sign[] = [];
  for (const [name, { raw }] of Object.entries(analysis.spectra)) {
    const [sigma = 0] = raw;
    // The discriminator's spectra are noisy in healthy runs too: BigGAN, section 4.2.
    if (!name.startsWith('G.')) continue;
    const usual = remembered.get(`sigma ${name}`) ?? sigma;
    average(remembered, `sigma ${name}`, sigma, 1 - 1 / Math.min(count, spectrumWindow));
    const isBad = count > spectrumWarmUp && sigma > spectrumGrowth * usual;
    signs.push(sign('growingSpectrum', name, isBad, { sigma, usual }));
  }
  const { distanceReal, distanceFake, distanceWithinClass } = analysis;
  const diversity = (subject: string, distance: number, least: number) => {
    const key = `best distance ${subject}`;
    const best = remembered.get(key) ?? 0;
    signs.push(
      sign('lostDiversity', subject, distance < Math.max(least, diversityShare * best), {
        distance,
        best,
        distanceReal,
      }),
    );
    remember(remembered, key, Math.max(best, Math.min(distance, distanceReal)));
  };
  diversity('samples', distanceFake, step >= diversityByStep ? smallestDiversity * distanceReal : 0);
  if (distanceWithinClass !== undefined) diversity('samples of a class', distanceWithinClass, 0);
  for (const [name, gamma] of Object.entries(analysis.gamma)) {
    signs.push(sign('idleAttention', name, step >= gateByStep && Math.abs(gamma) < idleGate, { gamma }));
  }
  if (classes > 1 && analysis.images >= labelsThatTell) {
    signs.push(sign('oneLabel', 'labels', analysis.distinctLabels === 1, { images: analysis.images, classes }));
  }
  const slope = slopeOf(analysis, penalties);
  if (slope !== undefined) {
    const isBad = Math.abs(Math.log(slope)) > Math.log(slopeTolerance);
    signs.push(sign('slopeOffTarget', '∇D', isBad, { slope }));
  }
  if (analysis.heldOut !== undefined) {
    const { separation, images, logitTraining, logitHeldOut, logitFake } = analysis.heldOut;
    // Of Mann and Whitney's statistic, as many images on either side, where nothing tells them apart.
    const deviation = Math.sqrt((2 * images + 1) / (12 * images ** 2));
    const isBad = separation - 1 / 2 > Math.max(heartMargin, heartDeviations * deviation);
    signs.push(sign('learntByHeart', 'D', isBad, { separation, logitTraining, logitHeldOut, logitFake }));
  }
  return signs;
}

/** ‖∇D‖ where a penalty asks for 1: DRAGAN near real images, WGAN-GP between them and samples. */
function slopeOf({ gradNormReal, gradNormFake }: Analysis, penalties: readonly string[]): number | undefined {
  if (penalties.includes('gradientPenalty')) return (gradNormReal + gradNormFake) / 2;
  return penalties.includes('dragan') ? gradNormReal : undefined;
}

/** Keeps a number, if it is one, and returns the one before. */
function remember(remembered: Remembered, name: string, value: number): number | undefined {
  const before = remembered.get(name);
  if (Number.isFinite(value)) remembered.set(name, value);
  return before;
}

/** The exponential moving average after one more value. */
function average(remembered: Remembered, name: string, value: number, decay: number): number {
  const before = remembered.get(name) ?? value;
  const after = decay * before + (1 - decay) * value;
  remember(remembered, name, after);
  return after;
}
