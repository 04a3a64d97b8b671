/** The metrics that `sagan evaluate` knows, by name. */

import { suggest, UserError } from '../../base/errors.ts';
import { frechetDistance } from '../math/frechet-distance.ts';
import type { Moments } from '../math/moments.ts';
import { type ClassAccuracy, ClassScores, recognisedFrom } from '../scores/class-scores.ts';
import { InceptionScore } from '../scores/inception-score.ts';
import { kernelDistance } from '../scores/kernel-distance.ts';
import { prdc } from '../scores/prdc.ts';
import { precisionRecall } from '../scores/precision-recall.ts';
import { intraFid } from './intra-fid.ts';
import type { Measured } from './measure.ts';
import type { Draft, Metric, MetricRun, MetricSetup } from './metric.ts';

const fid: Metric = {
  name: 'fid',
  about: 'distance of two Gaussians, fitted to the features of both sides',
  scores: ['fid'],
  definition: ({ fid }) => fid,
  needsReference: true,
  needs: ['moments'],
  begin: ({ protocol, runtime, extractor }) => ({
    finish: async (images, reference) => [
      {
        metric: 'fid',
        value: await frechetDistance(runtime, momentsOf(images), momentsOf(reference)),
        better: 'lower',
        parameters: { definition: protocol.fid.source, ddof: protocol.fid.ddof },
        warnings: fewImagesWarnings(extractor.dimensions, images, reference),
        comparesWithReference: true,
      },
    ],
  }),
};

const inceptionScore: Metric = {
  name: 'is',
  about: 'how surely images fall into classes of the network, and how evenly',
  scores: ['is'],
  definition: ({ is }) => is,
  needsReference: false,
  needs: [],
  begin: (setup) => {
    const { protocol, extractor, count } = setup;
    requireLogits('is', setup);
    const { source, logitBias, ...options } = protocol.is;
    const score = new InceptionScore({ ...options, count, classes: extractor.classes });
    return {
      see: ({ first, logits }) => logits && score.add(first, logits),
      finish: async () => {
        const { mean, spread, warnings } = score.result();
        const { splits, shuffleSeed, spreadDdof } = protocol.is;
        const shuffled = shuffleSeed === undefined ? 'none' : `RandomState(${shuffleSeed})`;
        return [
          {
            metric: 'is',
            value: mean,
            spread,
            better: 'higher',
            parameters: { definition: source, splits, shuffled, spreadDdof, logitBias },
            warnings,
            comparesWithReference: false,
          },
        ];
      },
    };
  },
};

const kid: Metric = {
  name: 'kid',
  about: 'discrepancy of the features under a cubic kernel; unbiased',
  scores: ['kid'],
  definition: ({ kid }) => kid,
  needsReference: true,
  needs: ['rows'],
  begin: ({ protocol, runtime }) => ({
    finish: async (images, reference) => {
      const { source, ...options } = protocol.kid;
      const { mean, spread, subsetSize, warnings } = await kernelDistance(
        runtime,
        rowsOf(images),
        rowsOf(reference),
        options,
      );
      const { subsets, seed } = options;
      return [
        {
          metric: 'kid',
          value: mean,
          spread,
          better: 'lower',
          parameters: { definition: source, subsets, subsetSize, seed },
          warnings,
          comparesWithReference: true,
        },
      ];
    },
  }),
};

const improvedPrecisionRecall: Metric = {
  name: 'precision-recall',
  about: 'share of images like the reference; share of it that they cover',
  scores: ['precision', 'recall', 'f-score'],
  definition: ({ precisionRecall }) => precisionRecall,
  needsReference: true,
  needs: ['rows'],
  begin: ({ protocol, runtime }) => ({
    finish: async (images, reference) => {
      const { source, neighbours } = protocol.precisionRecall;
      const options = { neighbours };
      const result = await precisionRecall(runtime, rowsOf(images), rowsOf(reference), options);
      const values = { precision: result.precision, recall: result.recall, 'f-score': result.fScore };
      return neighbourDrafts(values, { definition: source, neighbours, surface: 'inside' }, result.warnings);
    },
  }),
};

const densityCoverage: Metric = {
  name: 'prdc',
  about: 'the same with open balls; density and coverage',
  scores: ['prdc-precision', 'prdc-recall', 'density', 'coverage'],
  definition: ({ prdc }) => prdc,
  needsReference: true,
  needs: ['rows'],
  begin: ({ protocol, runtime }) => ({
    finish: async (images, reference) => {
      const { source, neighbours } = protocol.prdc;
      const result = await prdc(runtime, rowsOf(images), rowsOf(reference), { neighbours });
      const { precision, recall, density, coverage, warnings } = result;
      const values = { 'prdc-precision': precision, 'prdc-recall': recall, density, coverage };
      return neighbourDrafts(values, { definition: source, neighbours, surface: 'outside' }, warnings);
    },
  }),
};

function neighbourDrafts(
  values: Readonly<Record<string, number>>,
  parameters: Draft['parameters'],
  warnings: readonly string[],
): Draft[] {
  return Object.entries(values).map(([metric, value]) => ({
    metric,
    value,
    better: 'higher',
    parameters,
    warnings,
    comparesWithReference: true,
  }));
}

const pathLength: Metric = {
  name: 'ppl',
  about: 'how far images move for a small step of the latent',
  scores: ['ppl'],
  definition: ({ ppl }) => ppl,
  needsReference: false,
  needs: [],
  begin: ({ protocol, pathLength }) => {
    if (pathLength === undefined) {
      throw new UserError(
        'metric ppl: it moves latents, and these images have no generator; expected a run. Leave it out.',
      );
    }
    return {
      finish: async () => {
        const { mean, spread, warnings, parameters, distance } = await pathLength(protocol.ppl);
        return [
          {
            metric: 'ppl',
            value: mean,
            spread,
            better: 'lower',
            parameters: { definition: protocol.ppl.source, ...parameters },
            warnings,
            distance,
            comparesWithReference: false,
          },
        ];
      },
    };
  },
};

const classAccuracy: Metric = {
  name: 'class-accuracy',
  about: 'share of images that are taken for the class asked for',
  scores: ['class-accuracy'],
  definition: () => undefined,
  needsReference: false,
  needs: [],
  begin: (setup) => {
    const { extractor, classNames, classWise } = setup;
    requireLogits('class-accuracy', setup);
    if (classNames.length !== extractor.classes) {
      throw new UserError(
        `metric class-accuracy: the images have ${classNames.length} classes, the network ${extractor.classes}; expected ` +
          'those of the dataset that the network was trained on. Choose other --features, or leave the metric out.',
      );
    }
    return classScores(extractor.classes, ({ accuracy, perClass, confusion }) => [
      { ...ours('class-accuracy', accuracy), confusion, ...(classWise && { perClass }) },
    ]);
  },
};

const recognised: Metric = {
  name: 'recognised',
  about: 'share of images of which the network is sure; how many classes they fall into',
  scores: ['recognised', 'effective-classes'],
  definition: () => undefined,
  needsReference: false,
  needs: [],
  begin: (setup) => {
    requireLogits('recognised', setup);
    return classScores(setup.extractor.classes, ({ recognised, effectiveClasses }) => [
      { ...ours('recognised', recognised), parameters: { definition: 'Sagan', confidence: recognisedFrom } },
      ours('effective-classes', effectiveClasses),
    ]);
  },
};

function classScores(classes: number, draftsOf: (result: ClassAccuracy) => Draft[]): MetricRun {
  const scores = new ClassScores(classes);
  return {
    see: ({ logits, labels }) => logits && scores.add(logits, labels),
    finish: async () => draftsOf(scores.result()),
  };
}

function ours(metric: string, value: number): Draft {
  return {
    metric,
    value,
    better: 'higher',
    parameters: { definition: 'Sagan' },
    warnings: [],
    comparesWithReference: false,
  };
}

/** In the order in which scores are printed. */
export const metrics: readonly Metric[] = [
  fid,
  inceptionScore,
  kid,
  improvedPrecisionRecall,
  densityCoverage,
  intraFid,
  pathLength,
  classAccuracy,
  recognised,
];

export const metricNames: readonly string[] = metrics.map(({ name }) => name);

/** The metrics of some names, each once, in the order of the list. Throws UserError for a name that is none. */
export function findMetrics(names: readonly string[]): readonly Metric[] {
  for (const name of names) {
    if (!metricNames.includes(name))
      throw new UserError(`metric "${name}" does not exist. ${suggest(name, metricNames)}`);
  }
  if (names.length > 0) return metrics.filter(({ name }) => names.includes(name));
  throw new UserError(`evaluate: no metric is named; expected one or more of ${metricNames.join(', ')}.`);
}

function requireLogits(metric: string, { extractor }: MetricSetup): void {
  if (extractor.classes > 0) return;
  throw new UserError(
    `metric ${metric}: ${extractor.description} has no logits; expected a network that classifies. Choose other --features, ` +
      'or leave the metric out.',
  );
}

function momentsOf(measured: Measured | undefined): Moments {
  if (measured?.moments !== undefined) return measured.moments;
  throw new Error('evaluate: a set was measured without its moments.');
}

function rowsOf(measured: Measured | undefined) {
  if (measured?.rows !== undefined) return measured.rows;
  throw new UserError(
    `${measured?.name ?? 'the reference'}: it holds a mean and a covariance alone; expected images or their features, which ` +
      'this metric compares one by one. Pass the images with --against, or ask for fid alone.',
  );
}

/** A covariance of D dimensions needs more than D images to have its rank, and many more to be near its limit. */
function fewImagesWarnings(dimensions: number, images: Measured, reference: Measured | undefined): string[] {
  const sides = [['images', images] as const, ['images of the reference', reference] as const];
  return sides.flatMap(([whose, set]) =>
    // Statistics of a file do not say their count.
    set === undefined || set.count === 0 || set.count > dimensions
      ? []
      : [
          `${set.count} ${whose} for ${dimensions} dimensions: the covariance is singular, and the distance is biased upward. ` +
            'Compare it with scores of the same counts only.',
        ],
  );
}
