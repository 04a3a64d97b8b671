import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { checkPieces } from '../gan/index.ts';
import { presets } from '../train/index.ts';
import { modelOf, stepOptionsOf } from './run-model.ts';
import { newConfig } from './train-config.ts';

for (const { name, config } of presets) {
  test(`${name}: its parts fit each other, for the images that it states and for none stated`, () => {
    const parsed = newConfig({ preset: name, data: config.data.source ?? 'somewhere' });
    assert.ok(parsed.images, 'a preset states its images');
    checkPieces(stepOptionsOf(parsed, modelOf(parsed)));
  });
}

function refused(settings: readonly string[], message: RegExp): void {
  assert.throws(
    () => newConfig({ preset: 'sagan-mnist-mini', settings }),
    (error) => error instanceof UserError && message.test(error.message),
  );
}

test('an auxiliary classifier is asked for where there is one, and only there', () => {
  const config = newConfig({ preset: 'wgan-gp-cifar10-conditional', data: 'somewhere' });
  const { auxiliaryClassifier: _, ...without } = config;
  assert.throws(
    () => stepOptionsOf(without, modelOf(without)),
    /auxiliaryClassifier is not set.*data\.conditional=false/s,
  );
  const sagan = newConfig({ preset: 'sagan-mnist-mini' });
  const asked = { ...sagan, auxiliaryClassifier: { discriminatorWeight: 1, generatorWeight: 1, onFakes: false } };
  assert.throws(() => stepOptionsOf(asked, modelOf(asked)), /sagan: auxiliaryClassifier is set, but .* no classes/);
});

test('parts that do not fit each other are refused before any image is read', () => {
  refused(['accumulation=5'], /accumulation is 5, but batch is 32, .* divisor of 32/);
  refused(['accumulation=4', 'generatorBatch=30'], /accumulation is 4, but generatorBatch is 30/);
  refused(['realTarget=0.9'], /realTarget is 0\.9, but the loss hinge has no target .* nonSaturating/);
  refused(['generator.decay={"fromStep":5,"toStep":5}'], /generator\.decay .*toStep must come after fromStep/);
  refused(['data.resolution=33'], /resolution 33/);
});
