import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { input, interpret, type Tensor, type Values, values } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { type Scope, selfAttention, Variables } from './index.ts';
import { parameterCount, residualBlock } from './residual-block.ts';

const mapOf = (channels: number, side = 8) => input('x', 'float32', [1, channels, side, side]);

test('the block has as many parameters as the self-attention of the released code, whatever the width', () => {
  for (const channels of [8, 16, 64, 256]) {
    const attention = parameterCount((s) => selfAttention(s, mapOf(channels), { spectralNorm: true }));
    assert.equal(attention, (5 * channels ** 2) / 4 + 1);
    const block = (s: Scope) =>
      residualBlock(s, mapOf(channels), { parameters: attention, bias: false, spectralNorm: true });
    assert.equal(parameterCount(block), attention);
  }
});

test('other counts are met within 5 C, biases included, and one channel is the least', () => {
  const channels = 16;
  for (const [bias, width] of [
    [false, 10 * channels],
    [true, 10 * channels + 1],
  ] as const) {
    for (let parameters = 200; parameters < 2000; parameters += 37) {
      const count = parameterCount((s) => residualBlock(s, mapOf(channels), { parameters, bias }));
      assert.ok(Math.abs(count - parameters) <= width / 2, `${parameters}: ${count}`);
    }
  }
  assert.equal(
    parameterCount((s) => residualBlock(s, mapOf(channels), { parameters: 3, bias: false })),
    161,
  );
});

test('a fresh block returns its input; an open one adds a 3×3 and a 1×1 convolution of rectified maps', () => {
  const variables = new Variables();
  const y = residualBlock(variables.scope('R', { training: true }), mapOf(2, 3), { parameters: 21, bias: false });
  const feeds: Record<string, Values> = { x: values([1, 2, 3, 3], new Random(1, 'x').normal(18)) };
  for (const { name, shape } of variables.all) feeds[name] = values(shape, new Random(1, name).normal(sizeOf(shape)));
  const run = (tensor: Tensor, gamma: number) => [
    ...(interpret([tensor], { ...feeds, 'R.gamma': values([], [gamma]) })[0]?.data ?? []),
  ];
  const x = [...(feeds.x?.data ?? [])];
  assert.deepEqual(run(y, 0), x);
  const [first = [], second = []] = ['R.conv1.weight', 'R.conv2.weight'].map((name) => [...(feeds[name]?.data ?? [])]);
  const relu = (value: number) => Math.max(0, value);
  for (const [at, seen] of run(y, 0.5).entries()) {
    const [channel, row, column] = [Math.floor(at / 9), Math.floor(at / 3) % 3, at % 3];
    let inner = 0;
    for (let i = 0; i < 18; i++) {
      const [ri, ci] = [row + (Math.floor(i / 3) % 3) - 1, column + (i % 3) - 1];
      if (ri < 0 || ri > 2 || ci < 0 || ci > 2) continue;
      inner += (first[i] ?? Number.NaN) * relu(x[Math.floor(i / 9) * 9 + ri * 3 + ci] ?? Number.NaN);
    }
    const expected = (x[at] ?? Number.NaN) + 0.5 * (second[channel] ?? Number.NaN) * relu(inner);
    assert.ok(Math.abs(seen - expected) < 1e-12, `${at}: ${seen}, not ${expected}`);
  }
});
