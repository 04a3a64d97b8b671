/**
 * Intra-class FID: the FID of each class alone, and its mean over classes. It catches a generator that heeds no labels, which
 * FID does not see.
 *
 * Source: Miyato, Koyama 2018, arXiv:1802.05637, section 4; their code draws 5000 images a class, StudioGAN as many as the
 * class has, so the counts stand in the passport.
 */

import { UserError } from '../../base/errors.ts';
import { frechetDistance } from '../math/frechet-distance.ts';
import { type Moments, momentsOf } from '../math/moments.ts';
import type { Measured } from './measure.ts';
import type { Metric, MetricSetup } from './metric.ts';

export const intraFid: Metric = {
  name: 'intra-fid',
  about: 'mean over classes of the FID within each class',
  scores: ['intra-fid'],
  definition: ({ fid }) => fid,
  needsReference: true,
  needs: ['rows'],
  begin: (setup) => {
    const { classNames, protocol, extractor } = setup;
    if (classNames.length < 2) {
      throw new UserError('metric intra-fid: the images have no classes; expected two or more. Leave it out.');
    }
    return {
      finish: async (images, reference) => {
        requireSameClasses(images, reference);
        const perClass: (number | null)[] = [];
        let fewest = Number.POSITIVE_INFINITY;
        for (let label = 0; label < classNames.length; label++) {
          const [a, b] = [await momentsOfClass(setup, images, label), await momentsOfClass(setup, reference, label)];
          if (a !== undefined && b !== undefined) fewest = Math.min(fewest, a.count, b.count);
          perClass.push(a === undefined || b === undefined ? null : await frechetDistance(setup.runtime, a, b));
        }
        const known = perClass.filter((value) => value !== null);
        if (known.length === 0) {
          throw new UserError('metric intra-fid: no class has two images on both sides; expected more. Raise --count.');
        }
        const missing = perClass.flatMap((value, label) => (value === null ? [classNames[label] ?? label] : []));
        return [
          {
            metric: 'intra-fid',
            value: known.reduce((sum, value) => sum + value, 0) / known.length,
            better: 'lower',
            perClass,
            parameters: { definition: protocol.fid.source, ddof: protocol.fid.ddof, fewestImagesOfClass: fewest },
            warnings: [
              ...(missing.length > 0
                ? [`classes with fewer than 2 images, left out of the mean: ${missing.join(', ')}.`]
                : []),
              ...(fewest <= extractor.dimensions
                ? [
                    `a class has ${fewest} images for ${extractor.dimensions} dimensions: the distances are biased upward. ` +
                      'Compare them with scores of the same counts only.',
                  ]
                : []),
            ],
            comparesWithReference: true,
          },
        ];
      },
    };
  },
};

function requireSameClasses(images: Measured, reference: Measured | undefined): asserts reference is Measured {
  const [ours, theirs] = [images.classNames.join(', '), (reference?.classNames ?? []).join(', ')];
  if (reference !== undefined && ours === theirs) return;
  throw new UserError(
    `metric intra-fid: the images have the classes ${ours}, the reference ${theirs === '' ? 'none' : theirs}; expected the ` +
      'same. Pass a reference with these classes, or leave the metric out.',
  );
}

/** Of the features of one class; undefined for fewer than two images, which have no covariance. */
async function momentsOfClass(
  { runtime }: MetricSetup,
  { rows, labels, name }: Measured,
  label: number,
): Promise<Moments | undefined> {
  if (rows === undefined || labels === undefined) {
    throw new UserError(
      `${name}: it holds no labelled images; expected them for intra-fid. Pass images with --against.`,
    );
  }
  const members = [...labels.keys()].filter((n) => labels[n] === label);
  if (members.length < 2) return undefined;
  return momentsOf(runtime, rows, { chosen: members });
}
