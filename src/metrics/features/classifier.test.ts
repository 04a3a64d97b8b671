import assert from 'node:assert/strict';
import { test } from 'node:test';
import { print } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import { input } from '../../engine/ops/index.ts';
import { Variables } from '../../nn/index.ts';
import { classifier, traceClassify } from './classifier.ts';

const grey32 = { channels: 1, resolution: 32 } as const;

test('the network is small, and its layers have the shapes promised', () => {
  const variables = new Variables();
  const images = input('images', 'float32', [5, 1, 32, 32]);
  const { logits, features } = classifier(variables.scope('classifier', { training: true }), images, 7);
  assert.deepEqual(logits.shape, [5, 7]);
  assert.deepEqual(features.shape, [5, 64]);
  const parameters = [...variables.below('classifier', 'trainable').values()];
  assert.equal(
    parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    16 * 25 + 32 * 16 * 9 + 64 * 32 * 9 + 2 * (16 + 32 + 64) + 64 * 1024 + 64 + 7 * 64 + 7,
  );
});

test('the judging program goes forward only: no derivative, no batch statistics, nothing moved', () => {
  const { graph, variables } = traceClassify(10, 2, grey32);
  assert.deepEqual([...graph.outputs.keys()], ['probabilities']);
  assert.deepEqual([...graph.inputs.keys()].sort(), ['images', ...variables.map(({ name }) => name)].sort());
  const contractions = graph.nodes.filter(({ op }) => /conv|matmul|pool/i.test(op.name)).map(({ op }) => op.name);
  assert.deepEqual(contractions, ['conv', 'conv', 'maxPool', 'conv', 'maxPool', 'matmul', 'matmul']);
  assert.ok(!graph.nodes.some(({ op }) => op.name === 'mean'));
});

test('colour and resolution are dealt with before the network, which stays as it is', () => {
  const judging = (channels: 1 | 3, resolution: number) => traceClassify(10, 2, { channels, resolution });
  assert.match(print(judging(3, 32).graph), / mean\(/);
  assert.match(print(judging(1, 96).graph), / averagePool\(/);
  for (const [channels, resolution] of [
    [3, 32],
    [1, 96],
    [3, 40],
  ] as const) {
    assert.deepEqual(judging(channels, resolution).variables, judging(1, 32).variables);
  }
});
