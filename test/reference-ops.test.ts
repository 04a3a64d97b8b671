/** The interpreter against PyTorch's numbers (test/reference/README.md). Cases of layers are tested beside the layers. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { grad, input, interpret, type Tensor, type Values, values } from '../src/engine/index.ts';
import * as ops from '../src/engine/ops/index.ts';
import { float32ConstantTolerance, referenceTolerance } from './engine/tolerances.ts';

const tensorSchema = z.object({
  shape: z.array(z.number()),
  data: z.array(z.number()),
  dtype: z.literal('int32').optional(),
});
const numbers = z.array(z.number());

type Inputs = Readonly<Record<string, Tensor>>;

interface Kind {
  readonly tolerance: number;
  build(inputs: Inputs, attributes: unknown): Tensor;
}

function named(inputs: Inputs, name: string): Tensor {
  const tensor = inputs[name];
  assert.ok(tensor, `the case has no input "${name}"`);
  return tensor;
}

const pair = (list: readonly number[]): readonly [number, number] => [list[0] ?? 0, list[1] ?? 0];

const convolution = z.object({
  stride: numbers,
  padding: numbers,
  dilation: numbers,
  groups: z.number(),
  outputPadding: numbers.optional(),
});

function convolved(f: (x: Tensor, weight: Tensor, options: ops.ConvTransposeOptions) => Tensor): Kind {
  return {
    tolerance: referenceTolerance,
    build: (inputs, attributes) => {
      const { outputPadding, ...options } = convolution.parse(attributes);
      const [x, weight, bias] = [named(inputs, 'x'), named(inputs, 'weight'), inputs.bias];
      const [extra = 0, ...others] = outputPadding ?? [];
      assert.ok(others.every((n) => n === extra));
      const y = f(x, weight, { ...options, outputPadding: extra });
      return bias === undefined ? y : ops.add(y, ops.reshape(bias, [-1, ...x.shape.slice(2).map(() => 1)]));
    },
  };
}

const pooling = z.object({
  kernel: numbers,
  stride: numbers,
  padding: numbers,
  countIncludePad: z.boolean().default(true),
});

const resizing = z.object({
  mode: z.enum(['nearest', 'bilinear']),
  size: numbers.transform(pair),
  alignCorners: z.boolean().optional(),
});

const unary = (f: (x: Tensor, attributes: unknown) => Tensor): Kind => ({
  tolerance: float32ConstantTolerance,
  build: (inputs, attributes) => f(named(inputs, 'x'), attributes),
});

const alongAxis = (f: (x: Tensor, axis: number) => Tensor): Kind => ({
  ...unary((x, attributes) => f(x, z.object({ axis: z.number() }).parse(attributes).axis)),
  tolerance: referenceTolerance,
});

const kinds: Readonly<Record<string, Kind>> = {
  conv2d: convolved(ops.conv2d),
  conv3d: convolved(ops.conv3d),
  convTranspose2d: convolved(ops.convTranspose2d),
  avgPool2d: unary((x, attributes) => {
    const { kernel, countIncludePad, ...options } = pooling.parse(attributes);
    return ops.averagePool(x, kernel, { ...options, countPadding: countIncludePad });
  }),
  maxPool2d: unary((x, attributes) => {
    const { kernel, stride, padding } = pooling.parse(attributes);
    return ops.maxPool(x, kernel, { stride, padding });
  }),
  interpolate: unary((x, attributes) => {
    const { mode, size, alignCorners } = resizing.parse(attributes);
    if (mode === 'nearest')
      return ops.upsample(
        x,
        size.map((n, axis) => n / (x.shape[axis + 2] ?? 1)),
      );
    return ops.resizeBilinear(x, ...size, { coordinates: alignCorners === true ? 'alignCorners' : 'halfPixel' });
  }),
  softmax: alongAxis(ops.softmax),
  logSoftmax: alongAxis(ops.logSoftmax),
  softplus: unary(ops.softplus),
  leakyRelu: unary((x, attributes) =>
    ops.leakyRelu(x, z.object({ negativeSlope: z.number() }).parse(attributes).negativeSlope),
  ),
  embedding: {
    tolerance: referenceTolerance,
    build: (inputs) => ops.gather(named(inputs, 'table'), named(inputs, 'labels')),
  },
};

const caseSchema = z.object({
  name: z.string(),
  op: z.string(),
  attributes: z.unknown(),
  inputs: z.record(z.string(), tensorSchema),
  outputs: z.object({ y: tensorSchema }),
  cotangent: z.object({ y: tensorSchema }),
  gradients: z.record(z.string(), tensorSchema),
});

function assertClose(
  name: string,
  seen: Values | undefined,
  expected: z.infer<typeof tensorSchema>,
  tolerance: number,
) {
  assert.deepEqual(seen?.shape, expected.shape, `${name}: shape`);
  for (const [i, wanted] of expected.data.entries()) {
    const difference = Math.abs((seen?.data[i] ?? Number.NaN) - wanted);
    assert.ok(difference <= tolerance * Math.max(1, Math.abs(wanted)), `${name}: element ${i} is off by ${difference}`);
  }
}

for (const [file, count] of [
  ['convolution', 16],
  ['pooling', 6],
  ['resizing', 9],
  ['elementwise', 7],
] as const) {
  const text = readFileSync(new URL(`reference/${file}.json`, import.meta.url), 'utf8');
  const { cases } = z.object({ cases: z.array(caseSchema) }).parse(JSON.parse(text));
  test(`the interpreter and its derivatives agree with PyTorch: ${file}`, () => {
    assert.equal(cases.length, count);
    for (const one of cases) {
      const kind = kinds[one.op];
      assert.ok(kind, `no op for the case "${one.name}" (${one.op})`);
      const inputs = Object.fromEntries(
        Object.entries(one.inputs).map(([name, { dtype = 'float32' as const, shape }]) => [
          name,
          input(name, dtype, shape),
        ]),
      );
      const y = kind.build(inputs, one.attributes);
      const targets = Object.keys(one.gradients);
      const gradients = grad(
        y,
        targets.map((name) => named(inputs, name)),
        input('cotangent', 'float32', y.shape),
      );
      const given = { ...one.inputs, cotangent: one.cotangent.y };
      const point = Object.fromEntries(
        Object.entries(given).map(([name, { shape, data }]) => [name, values(shape, data)]),
      );
      const [output, ...results] = interpret([y, ...gradients], point);
      assertClose(one.name, output, one.outputs.y, kind.tolerance);
      for (const [i, name] of targets.entries()) {
        const expected = one.gradients[name];
        assert.ok(expected);
        assertClose(`${one.name}, by ${name}`, results[i], expected, kind.tolerance);
      }
    }
  });
}
