/** Which networks are found in files of weights, and what happens to names that have no place. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parityCases, pathOf } from '../../test/parity/cases.ts';
import { UserError } from '../base/errors.ts';
import type { Shape } from '../engine/ir/tensor-data.ts';
import { halfOfColumns, layer, type ModuleRule, onePlus, translate } from './name-map.ts';
import { findNetworks, findSource, placeOf } from './sources.ts';
import { readWeights, type TensorDictionary, type WeightTensor } from './weight-file.ts';

const numbers = (shape: Shape, from = 0): WeightTensor => {
  const length = shape.reduce((product, extent) => product * extent, 1);
  const data = Float32Array.from({ length }, (_, i) => from + i);
  return { shape, load: () => ({ dtype: 'float32', shape, data }) };
};

const dictionary = (names: readonly string[], file = 'G.pth', where = ''): TensorDictionary => ({
  file,
  where,
  tensors: new Map(names.map((name) => [name, numbers([1])])),
});

const bigganDiscriminator = ['conv1', 'conv2', 'conv_sc'].flatMap((name) =>
  ['weight', 'bias', 'u0', 'sv0'].map((leaf) => `blocks.0.0.${name}.${leaf}`),
);

test('a discriminator is not taken for a generator, whose names it shares', () => {
  const head = ['linear.weight', 'linear.bias', 'embed.weight', 'embed.u0'];
  const [found, ...more] = findNetworks([dictionary([...bigganDiscriminator, ...head])]);
  assert.equal(found?.network, 'discriminator');
  assert.equal(found?.source.name, 'biggan-pytorch');
  assert.deepEqual(more, []);
});

test('what fits most names wins over what uses most of its rules', () => {
  const names = ['c1', 'c2', 'c_sc', 'b1'].flatMap((name) => [`block2.${name}.weight`, `block2.${name}.bias`]);
  assert.equal(findNetworks([dictionary(names)])[0]?.network, 'generator');
  const convolutions = names.filter((name) => !name.includes('b1'));
  assert.equal(findNetworks([dictionary(convolutions)])[0]?.network, 'discriminator');
});

test('networks are found under a first word, as DataParallel and joint files have it', () => {
  const generator = parityCases[0] ?? assert.fail();
  const names = ['G', 'D'].map((letter) => {
    const [whole] = readWeights(pathOf(generator, `${letter}.pth`));
    return [...(whole?.tensors.keys() ?? [])].map((name) => `${letter === 'G' ? 'G_ema' : 'D'}.${name}`);
  });
  const found = findNetworks([dictionary(names.flat(), 'joint.pth', 'networks')]);
  assert.deepEqual(
    found.map(({ network, averaged, dictionary: { where } }) => [network, averaged, where]),
    [
      ['generator', true, 'networks.G_ema'],
      ['discriminator', false, 'networks.D'],
    ],
  );
  assert.equal(placeOf(found[0]?.dictionary ?? assert.fail()), 'joint.pth: networks.G_ema');
});

test("an average is known by its file's name, and by nothing like it", () => {
  const averaged = (file: string) =>
    findNetworks([dictionary(['shared.weight', 'linear.weight', 'output_layer.0.gain'], file)])[0]?.averaged;
  assert.equal(averaged('runs/G_ema.pth'), true);
  assert.equal(averaged('runs/G_ema_best0.pth'), true);
  assert.equal(averaged('runs/cinema/G.pth'), false);
});

test('weights of another kind are no network, nor are those of another source', () => {
  const state = dictionary(['features.0.weight', 'features.0.bias', 'classifier.weight']);
  assert.deepEqual(findNetworks([state]), []);
  const known = dictionary(bigganDiscriminator);
  assert.equal(findNetworks([known]).length, 1);
  assert.equal(findNetworks([known], findSource('mimicry')).length, 0);
  assert.throws(() => findSource('mimcry'), { name: UserError.name, message: /Did you mean "mimicry"/ });
});

const rules: readonly ModuleRule[] = [
  { from: 'conv*', to: (index) => [`block${index}.conv`, `stage${index}.conv`], leaves: layer },
  { from: 'bn', to: () => ['norm'], leaves: { table: [{ to: 'gain', change: onePlus }], count: [] } },
  { from: 'embed', to: () => ['norm'], leaves: { weight: [0, 1].map(halfTarget) } },
];

function halfTarget(part: number) {
  return { to: part === 0 ? 'gains' : 'biases', change: halfOfColumns(part === 0 ? 0 : 1) };
}

test('names and numbers are translated, and what does not fit is told with both shapes', () => {
  const theirs = new Map([
    ['conv2.weight', numbers([2, 1])],
    ['conv2.weight_u', numbers([2])],
    ['conv3.weight', numbers([4])],
    ['bn.table', numbers([2], 5)],
    ['bn.count', numbers([])],
    ['embed.weight', numbers([2, 4])],
    ['other.weight', numbers([1])],
    ['conv9.weight', numbers([1])],
    ['conv2.weight_orig', numbers([2, 1], 7)],
  ]);
  const expected = new Map<string, Shape>([
    ['stage2.conv.weight', [2, 1]],
    ['stage2.conv.u', [1, 2]],
    ['block3.conv.weight', [2, 2]],
    ['norm.gain', [2]],
    ['norm.gains', [2, 2]],
    ['norm.biases', [2, 2]],
    ['norm.mean', [2]],
  ]);
  const { state, missing, extra, misshaped } = translate(theirs, rules, expected, 32);
  assert.deepEqual(missing, ['norm.mean']);
  assert.deepEqual(extra, ['other.weight', 'conv9.weight', 'conv2.weight_orig']);
  assert.deepEqual(misshaped, [{ name: 'block3.conv.weight', theirName: 'conv3.weight', seen: [4], expected: [2, 2] }]);
  const shown = (name: string) => [[...(state.get(name)?.shape ?? [])], [...(state.get(name)?.data ?? [])]];
  assert.deepEqual(shown('stage2.conv.u'), [
    [1, 2],
    [0, 1],
  ]);
  assert.deepEqual(shown('norm.gain'), [[2], [6, 7]]);
  assert.deepEqual(shown('norm.gains'), [
    [2, 2],
    [0, 1, 4, 5],
  ]);
  assert.deepEqual(shown('norm.biases'), [
    [2, 2],
    [2, 3, 6, 7],
  ]);
});

test("statistics of BigGAN-PyTorch's norms are found where each of its options keeps them", () => {
  const { networks } = findSource('biggan-pytorch');
  const expected = new Map<string, Shape>(['norm.mean', 'norm.variance'].map((name) => [name, [2]]));
  for (const [mean, variance, counter] of [
    ['stored_mean', 'stored_var'],
    ['bn.stored_mean', 'bn.stored_var', 'bn.accumulation_counter'],
    ['bn.running_mean', 'bn.running_var', 'bn.num_batches_tracked'],
  ]) {
    const theirs = [mean, variance, counter].filter((leaf) => leaf !== undefined);
    const tensors = new Map(theirs.map((leaf, i) => [`output_layer.0.${leaf}`, numbers([2], i)]));
    const { state, missing, extra } = translate(tensors, networks.generator, expected, 32);
    assert.deepEqual([missing, extra], [[], []]);
    assert.deepEqual([...(state.get('norm.variance')?.data ?? [])], [1, 2]);
  }
});
