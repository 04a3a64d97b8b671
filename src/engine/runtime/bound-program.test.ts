import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { InferenceSession } from 'onnxruntime-node';
import { graph } from '../ir/graph.ts';
import type { TensorData } from '../ir/tensor-data.ts';
import { add, input, matmul, sqrt } from '../ops/index.ts';
import { openRuntime } from './node.ts';

const runtime = await openRuntime({ threads: 1 });
const floats = (shape: number[], ...data: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

const w = input('w', 'float32', [2, 2]);
const bias = input('bias', 'float32', [2]);
const x = input('x', 'float32', [1, 2]);
/** x·√w + bias; `bias` is read as it is. */
const program = graph('layer', [
  ['y', add(matmul(x, sqrt(w)), bias)],
  ['bias', bias],
]);
const given = { w: floats([2, 2], 1, 4, 9, 16), bias: floats([2], 10, 20) };
const fixed = (values = given) => ({ w: runtime.upload(values.w), bias: runtime.upload(values.bias) });

test('a bound program returns what the whole one does', async () => {
  const bound = await runtime.bind(program, fixed());
  for (const values of [floats([1, 2], 1, 2), floats([1, 2], -3, 0.3)]) {
    const whole = await (await runtime.compile(program)).compute({ ...given, x: values });
    assert.deepEqual(await bound.compute({ x: values }), whole);
    const { y } = await bound.run({ x: runtime.upload(values) });
    assert.ok(y);
    assert.deepEqual(await runtime.download(y), whole.y);
  }
  assert.equal(bound.graph, program);
});

test('a changed array changes nothing in what is bound; a new binding takes it', async () => {
  const values = { w: floats([2, 2], 1, 4, 9, 16), bias: floats([2], 10, 20) };
  const before = await runtime.bind(program, fixed(values));
  values.w.data.fill(0);
  values.bias.data.fill(0);
  const after = await runtime.bind(program, fixed(values));
  const ones = { x: floats([1, 2], 1, 1) };
  const expected = { y: floats([1, 2], 14, 26), bias: floats([2], 10, 20) };
  assert.deepEqual(await before.compute(ones), expected);
  assert.deepEqual(await after.compute(ones), { y: floats([1, 2], 0, 0), bias: floats([2], 0, 0) });
  assert.deepEqual(await before.compute(ones), expected);
});

test('what was fixed may not be given again', async () => {
  const bound = await runtime.bind(program, fixed());
  const message =
    'layer: input "w" was fixed when the program was bound; expected the other inputs alone. Bind the graph anew for another value.';
  const ones = floats([1, 2], 1, 1);
  await assert.rejects(bound.compute({ x: ones, w: given.w }), { name: 'GraphError', message });
  await assert.rejects(bound.run({ x: runtime.upload(ones), w: runtime.upload(given.w) }), { message });
});

test('names that are no inputs and tensors that do not fit are refused before anything is computed', async () => {
  const refused = async (feeds: Parameters<typeof runtime.bind>[1], message: string) =>
    assert.rejects(runtime.bind(program, feeds), { name: 'GraphError', message });
  const { w, bias } = fixed();
  await refused({ w, biases: bias }, 'layer: there is no input "biases" to fix; expected some of w, bias, x.');
  await refused({ w: bias }, 'layer: input "w" is float32[2], the program takes float32[2,2].');
  const integers = runtime.upload({ dtype: 'int32', shape: [2], data: new Int32Array(2) });
  await refused({ bias: integers }, 'layer: input "bias" is int32[2], the program takes float32[2].');
  const other = await openRuntime({ threads: 1 });
  await refused({ w: other.upload(given.w) }, 'layer: input "w" belongs to another device.');
  const bound = await runtime.bind(program, { w, bias });
  await assert.rejects(bound.compute({}), { message: 'layer: input "x" float32[1,2] was not given.' });
});

test('any inputs may be fixed: none, some, all', async () => {
  const values = { ...given, x: floats([1, 2], 1, 2) };
  const whole = await (await runtime.compile(program)).compute(values);
  const names = ['w', 'bias', 'x'] as const;
  const choices: (readonly string[])[] = [[], ['x'], ['bias', 'w'], names];
  for (const some of choices) {
    const isFixed = (name: string) => some.includes(name);
    const feeds = names.filter(isFixed).map((name) => [name, runtime.upload(values[name])] as const);
    const bound = await runtime.bind(program, Object.fromEntries(feeds));
    const others = names.filter((name) => !isFixed(name)).map((name) => [name, values[name]] as const);
    assert.deepEqual(await bound.compute(Object.fromEntries(others)), whole, some.join());
  }
});

test('a graph is compiled once for the same names, whatever it is bound to', async () => {
  const own = await openRuntime({ threads: 1 });
  const feeds = () => ({ w: own.upload(given.w), bias: own.upload(given.bias) });
  const create = mock.method(InferenceSession, 'create');
  await own.bind(program, feeds());
  assert.equal(create.mock.callCount(), 2, 'what is settled, and the rest');
  const again = graph('again', program.outputs);
  const { w, bias } = feeds();
  await own.bind(again, { bias, w });
  assert.equal(create.mock.callCount(), 2);
  await own.bind(program, { w });
  await own.bind(program, feeds(), new Set(['y']));
  assert.equal(create.mock.callCount(), 6, 'other names, other places of the results');
  create.mock.restore();
});
