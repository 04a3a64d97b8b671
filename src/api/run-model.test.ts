import assert from 'node:assert/strict';
import { test } from 'node:test';
import { input, interpret, values } from '../engine/index.ts';
import { penalties } from '../gan/index.ts';
import { modelOf, stepOptionsOf } from './run-model.ts';
import { newConfig } from './train-config.ts';

function optionsOf(settings: readonly string[]) {
  const config = newConfig({ preset: 'sagan-mnist-mini', settings });
  return stepOptionsOf(config, modelOf(config));
}

test('realTarget smooths the label of real images and no other', () => {
  const { loss } = optionsOf(['loss=nonSaturating', 'realTarget=0.75']);
  const [real, fake] = [input('real', 'float32', [1]), input('fake', 'float32', [1])];
  const feeds = { real: values([1], [2]), fake: values([1], [-1]) };
  const [seen] = interpret([loss.discriminator(real, fake)], feeds);
  const logSigmoid = (x: number) => -Math.log(1 + Math.exp(-x));
  const expected = -0.75 * logSigmoid(2) - 0.25 * logSigmoid(-2) - logSigmoid(1);
  assert.ok(Math.abs((seen?.data[0] ?? Number.NaN) - expected) < 1e-12);
});

test('what a config says of penalties, decay, clipping and pieces is what the step gets', () => {
  const options = optionsOf([
    'penalties=[{"name":"r1","weight":5},{"name":"dragan"}]',
    'generator.decay={"toStep":100}',
    'discriminator.clip=0.01',
    'discriminator.method=rmsprop',
    'accumulation=4',
    'data.dequantize=true',
    'augment=["cutout"]',
    'orthogonalRegularization={}',
  ]);
  assert.deepEqual(options.penalties, [
    { penalty: penalties.r1, weight: 5 },
    { penalty: penalties.dragan, weight: 10 },
  ]);
  assert.deepEqual(options.generatorOptimizer.decay, { fromStep: 0, toStep: 100 });
  assert.deepEqual([options.discriminatorOptimizer.clip, options.discriminatorOptimizer.method], [0.01, 'rmsprop']);
  assert.deepEqual([options.accumulation, options.dequantize, options.augment], [4, true, ['cutout']]);
  assert.deepEqual(options.orthogonalRegularization, { generator: 1e-4, discriminator: 0, form: 'paper' });
});
