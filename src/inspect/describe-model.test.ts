import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { losses, type StepOptions, traceStep } from '../gan/index.ts';
import { findModel } from '../gan/models/index.ts';
import { costOfStep, describeNetworks } from './describe-model.ts';

const images = { resolution: 32, channels: 3, classes: 10 };
const model = findModel('sagan').bind({ attentionAt: [16] }, images);
const adam = { learningRate: 1e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
const options: StepOptions = {
  model,
  loss: losses.hinge,
  batch: 4,
  discriminatorSteps: 1,
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  ema: { decay: 0.9, startStep: 0 },
};

test('layers are listed with the output of one image and their own parameters, which add up', () => {
  const { generator, discriminator } = describeNetworks(model, 4);
  assert.deepEqual([generator.parameters, discriminator.parameters], [4_386_308, 1_075_586]);
  for (const { parameters, layers } of [generator, discriminator]) {
    assert.equal(
      layers.reduce((total, layer) => total + layer.parameters, 0),
      parameters,
    );
  }
  const find = (path: string) => generator.layers.find((layer) => layer.path === path);
  assert.deepEqual(find('linear'), { path: 'linear', outputShape: [4096], parameters: 129 * 4096 });
  assert.deepEqual(find('block1.conv1'), {
    path: 'block1.conv1',
    outputShape: [256, 8, 8],
    parameters: 256 * 256 * 9 + 256,
  });
  assert.deepEqual(find('attention16'), { path: 'attention16', outputShape: [256, 16, 16], parameters: 1 });
  assert.deepEqual(generator.layers.at(-1), { path: 'conv', outputShape: [3, 32, 32], parameters: 256 * 27 + 3 });
});

test('a step costs operations in proportion to its batch, and its state is what a checkpoint holds', () => {
  const [small, large] = [costOfStep(options), costOfStep({ ...options, batch: 8 })];
  const ratio = large.flops / small.flops;
  assert.ok(ratio > 1.8 && ratio < 2, `${ratio}: power iterations and Adam do not grow`);
  assert.equal(small.stateBytes, large.stateBytes);
  const { variables } = traceStep(options);
  assert.equal(small.stateBytes, 4 * variables.reduce((total, { shape }) => total + sizeOf(shape), 0));
  assert.ok(large.processBytes > small.processBytes && small.processBytes > 4 * small.stateBytes);
});
