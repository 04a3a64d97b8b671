/** Every model with every loss and every penalty: fifty steps on one batch, and no number that is not finite. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { input } from '../../src/engine/index.ts';
import { type BoundModel, losses, lossNames, penalties, penaltyNames, type StepOptions } from '../../src/gan/index.ts';
import { Variables } from '../../src/nn/index.ts';
import { adam, train } from '../models/one-batch.ts';
import { bind, modelRows } from '../tables/models.ts';

/** Each loss once and each penalty once; the Wasserstein loss as its paper has it, with RMSProp and clipped weights. */
const rmsProp = { ...adam, method: 'rmsprop', learningRate: 5e-5 } as const;
const recipes: Readonly<Record<string, Partial<StepOptions>>> = {
  'hinge with the penalty of WGAN-GP': {
    loss: losses.hinge,
    penalties: [{ penalty: penalties.gradientPenalty, weight: 10 }],
  },
  'nonSaturating with R1': { loss: losses.nonSaturating, penalties: [{ penalty: penalties.r1, weight: 10 }] },
  'saturating with DRAGAN': { loss: losses.saturating, penalties: [{ penalty: penalties.dragan, weight: 10 }] },
  'leastSquares with augmentation': { loss: losses.leastSquares, augment: ['color', 'translation', 'cutout'] },
  'wasserstein with RMSProp and clipping': {
    loss: losses.wasserstein,
    generatorOptimizer: rmsProp,
    discriminatorOptimizer: { ...rmsProp, clip: 0.01 },
  },
};

test('the recipes have every loss and every penalty', () => {
  const of = Object.values(recipes);
  assert.deepEqual(of.map(({ loss }) => loss?.name).sort(), [...lossNames].sort());
  const seen = of.flatMap((recipe) => (recipe.penalties ?? []).map(({ penalty }) => penalty.name));
  assert.deepEqual(seen.sort(), [...penaltyNames].sort());
});

/** What only a discriminator that tells classes apart can be taught. */
function teachingClasses(model: BoundModel): Partial<StepOptions> {
  const { channels, resolution } = model.images;
  const images = input('x', 'float32', [2, channels, resolution, resolution]);
  const scope = new Variables().scope('D', { training: true });
  const { classLogits } = model.discriminator(scope, images, input('labels', 'int32', [2]));
  if (classLogits === undefined) return {};
  return { auxiliaryClassifier: { discriminatorWeight: 1, generatorWeight: 0.1, onFakes: true } };
}

for (const row of modelRows) {
  const model = bind(row, row.small);
  for (const [name, recipe] of Object.entries(recipes)) {
    test(`${row.name}: fifty steps of ${name} are finite`, async () => {
      // A step that is not finite is refused by the trainer, which looks at the whole state.
      const { reports, state } = await train(model, { ...teachingClasses(model), ...recipe }, 50);
      assert.equal(reports.length, 50);
      assert.ok(reports.every((report) => Object.values(report).every(Number.isFinite)));
      for (const [variable, { data }] of state) assert.ok(data.every(Number.isFinite), variable);
      const limit = Math.fround(recipe.discriminatorOptimizer?.clip ?? Number.POSITIVE_INFINITY);
      for (const [variable, { data }] of state) {
        const isClipped = variable.startsWith('D.') && state.has(`rmsprop.${variable}.v`);
        assert.ok(!isClipped || data.every((weight) => Math.abs(weight) <= limit), variable);
      }
    });
  }
}
