import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad, graph, interpret } from '../../src/engine/index.ts';
import * as ops from '../../src/engine/ops/index.ts';
import { meanings } from '../../src/engine/reference/meanings.ts';
import { allSamples, opSamples } from '../tables/ops.ts';
import { buildSample, sampleValues } from '../tables/sample.ts';
import { checkGradients } from './check-gradients.ts';

test('the table has five samples or more of every op, each with a name of its own', () => {
  assert.deepEqual(Object.keys(opSamples).sort(), Object.keys(ops).sort());
  for (const [op, samples] of Object.entries(opSamples)) {
    assert.ok(samples.length >= 5, `${op} has ${samples.length} samples`);
    assert.equal(new Set(samples.map(({ name }) => name)).size, samples.length, `names of ${op} repeat`);
  }
});

test('the samples and their gradients reach every op that the interpreter knows', () => {
  const reached = new Set(
    allSamples.flatMap(({ sample }) => {
      const { inputs, output } = buildSample(sample);
      const targets = Object.values(inputs).filter((x) => x.dtype === 'float32');
      const gradients = output.dtype === 'float32' ? grad(output, targets) : [];
      const outputs = [output, ...gradients].map((tensor, i) => [String(i), tensor] as const);
      return graph('reach', outputs).nodes.map((node) => node.op.name);
    }),
  );
  assert.deepEqual([...reached].sort(), [...Object.keys(meanings), 'constant', 'input'].sort());
});

for (const [op, samples] of Object.entries(opSamples)) {
  const programs = samples
    .filter(({ smooth }) => smooth)
    .map((sample) => ({ name: `${op}: ${sample.name}`, ...buildSample(sample), point: sampleValues(sample) }))
    .filter(({ output }) => output.dtype === 'float32');
  if (programs.length === 0) continue;
  test(`gradients of order 1 and 2: ${op}`, () => {
    for (const program of programs) checkGradients(program.name, program, 2);
  });
}

test('gradients of order 3: convolution, softmax, tanh', () => {
  for (const [op, name] of [
    ['conv2d', '3x3, stride 2, leaving a remainder'],
    ['conv2d', 'two groups'],
    ['softmax', 'axis -1 of [2,3]'],
    ['tanh', 'of [2,3]'],
  ] as const) {
    const sample = opSamples[op]?.find((one) => one.name === name);
    assert.ok(sample, `${op} has no sample "${name}"`);
    checkGradients(`${op}: ${name}`, { ...buildSample(sample), point: sampleValues(sample) }, 3);
  }
});

test('at a tie the cotangent is shared, and at a kink the derivative is the one that the docstring names', () => {
  const slope = Math.fround(0.2);
  const expected: Record<string, Record<string, readonly number[]>> = {
    'abs: at its kink': { x: [-1, 0, 1] },
    'relu: at its kink': { x: [0, 0, 1] },
    'leakyRelu: at its kink': { x: [slope, slope, 1] },
    'sign: at its kink': { x: [0, 0, 0] },
    'max: at a tie': { a: [0.5, 1, 0.5, 0], b: [0.5, 0, 0.5, 1] },
    'min: at a tie': { a: [0.5, 0, 0.5, 1], b: [0.5, 1, 0.5, 0] },
    'clamp: at its limits': { x: [0, 1, 1, 1, 0] },
    'reduceMax: at a tie': { x: [0, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3] },
    'maxPool: a tie': { x: [1 / 3, 1 / 3, 0, 1 / 3, 0.25, 0.25, 0.25, 0.25] },
    'maxPool: a tie of overlapping windows': { x: [1 / 3, 1 / 3, 0, 1 / 3, 0.75, 0.75, 0.25, 0.25] },
    'stopGradient: of [4]': { x: [0, 0, 0, 0] },
  };
  const unsmooth = allSamples.filter(({ sample }) => !sample.smooth && buildSample(sample).output.dtype === 'float32');
  assert.deepEqual(
    unsmooth.map(({ name }) => name).filter((name) => !name.startsWith('stopGradient')),
    Object.keys(expected).filter((name) => !name.startsWith('stopGradient')),
  );
  for (const { name, sample } of unsmooth) {
    const { inputs, output } = buildSample(sample);
    const gradients = interpret(grad(output, Object.values(inputs)), sampleValues(sample));
    for (const [i, input] of Object.keys(inputs).entries()) {
      const wanted = expected[name]?.[input];
      if (wanted !== undefined) assert.deepEqual([...(gradients[i]?.data ?? [])], wanted, `${name}, ${input}`);
    }
  }
});
