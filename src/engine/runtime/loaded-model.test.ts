import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TensorData } from '../ir/tensor-data.ts';
import { encode } from '../onnx/encode.ts';
import type { OnnxNode } from '../onnx/lower.ts';
import { ProtobufWriter } from '../onnx/protobuf.ts';
import { formatValue } from './loaded-model.ts';
import { openRuntime } from './node.ts';

const runtime = await openRuntime({ threads: 1 });

const float32 = (...shape: number[]): Pick<TensorData, 'dtype' | 'shape'> => ({ dtype: 'float32', shape });
const node = (opType: string, inputs: string[], output: string): OnnxNode => ({
  opType,
  domain: '',
  name: output,
  inputs,
  output,
  attributes: {},
});

/** sum = x + y and relu = max(x, 0); −1 stands for an extent that may be any. */
const model = await runtime.load(
  encode({
    name: 'other',
    opset: 18,
    inputs: new Map([
      ['x', float32(-1, 2)],
      ['y', float32(2)],
    ]),
    outputs: new Map([
      ['sum', float32(-1, 2)],
      ['relu', float32(-1, 2)],
      ['shape', { dtype: 'int32', shape: [2] }],
    ]),
    initializers: [],
    nodes: [
      node('Add', ['x', 'y'], 'sum'),
      node('Relu', ['x'], 'relu'),
      node('Shape', ['x'], 'extents'),
      { ...node('Cast', ['extents'], 'shape'), attributes: { to: 6 } },
    ],
  }),
  'other.onnx',
);
const floats = (shape: number[], ...data: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

test('a model tells what it takes and returns', () => {
  assert.deepEqual(model.inputs.map(formatValue), ['x: float32[?,2]', 'y: float32[2]']);
  assert.deepEqual(model.outputs.map(formatValue), ['sum: float32[?,2]', 'relu: float32[?,2]', 'shape: int32[2]']);
});

test('the outputs that are asked for are computed, at any extent that the model leaves open', async () => {
  const y = floats([2], 10, 20);
  assert.deepEqual(await model.compute({ x: floats([2, 2], 1, 2, 3, 4), y }, ['sum', 'shape']), {
    sum: floats([2, 2], 11, 22, 13, 24),
    shape: { dtype: 'int32', shape: [2], data: Int32Array.of(2, 2) },
  });
  assert.deepEqual(await model.compute({ x: floats([1, 2], -1, 1), y }, ['relu']), { relu: floats([1, 2], 0, 1) });
});

test('what is missing or does not fit is refused by its name', async () => {
  const [x, y] = [floats([1, 2], 1, 2), floats([2], 3, 4)];
  const refused = (inputs: Record<string, TensorData>, message: string, outputs = ['sum']) =>
    assert.rejects(model.compute(inputs, outputs), { name: 'GraphError', message });
  await refused({ x }, 'other.onnx: input was not given; expected y: float32[2].');
  await refused({ x, y: x }, 'other.onnx: input is float32[1,2]; expected y: float32[2].');
  await refused({ x: floats([1, 3], 1, 2, 3), y }, 'other.onnx: input is float32[1,3]; expected x: float32[?,2].');
  await refused({ x: y, y }, 'other.onnx: input is float32[2]; expected x: float32[?,2].');
  const integers: TensorData = { dtype: 'int32', shape: [2], data: new Int32Array(2) };
  await refused({ x, y: integers }, 'other.onnx: input is int32[2]; expected y: float32[2].');
  await refused(
    { x, y },
    'other.onnx: there is no output "mean". The outputs are sum: float32[?,2], relu: float32[?,2], shape: int32[2].',
    ['mean'],
  );
});

test('a dtype that we have no arrays for is named, and refused when it is read', async () => {
  // x and y = x, int64 and without a shape: nothing that our own programs could say.
  const out = new ProtobufWriter();
  out.int(1, 8);
  out.message(7, (graph) => {
    graph.message(1, (identity) => {
      identity.text(1, 'x');
      identity.text(2, 'y');
      identity.text(4, 'Identity');
    });
    graph.message(5, (initializer) => {
      initializer.int(2, 7);
      initializer.text(8, 'x');
      initializer.ints(7, [5]);
    });
    graph.message(12, (y) => {
      y.text(1, 'y');
      y.message(2, (type) => type.message(1, (tensor) => tensor.int(1, 7)));
    });
  });
  out.message(8, (opset) => opset.int(2, 18));
  const model = await runtime.load(out.finish(), 'integers.onnx');
  assert.deepEqual(model.outputs.map(formatValue), ['y: int64[]']);
  await assert.rejects(model.compute({}, ['y']), {
    name: 'GraphError',
    message: /^integers\.onnx: output y: int64\[\] cannot be read; expected one of float32, /,
  });
});

test('a model that fails is reported with its name, what it was given, and the reason', async () => {
  const bytes = encode({
    name: 'fragile',
    opset: 18,
    inputs: new Map([['x', float32(-1)]]),
    outputs: new Map([['y', float32(2)]]),
    initializers: [{ name: 'two', dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }],
    nodes: [node('Add', ['x', 'two'], 'y')],
  });
  const fragile = await runtime.load(bytes, 'fragile.onnx');
  await assert.rejects(fragile.compute({ x: floats([3], 1, 2, 3) }, ['y']), {
    name: 'UserError',
    message: /^fragile\.onnx: ONNX Runtime could not run the model on x: float32\[3\]: ./,
  });
});

test('bytes that are no model are refused', async () => {
  await assert.rejects(runtime.load(Uint8Array.of(1, 2, 3), 'photo.onnx'), {
    name: 'UserError',
    message: /^photo\.onnx: ONNX Runtime refused the model, which must be one ONNX file with its weights inside: /,
  });
});
