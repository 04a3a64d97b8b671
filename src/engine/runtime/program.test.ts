import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { graph } from '../ir/graph.ts';
import { apply, type Tensor } from '../ir/tensor.ts';
import type { TensorData } from '../ir/tensor-data.ts';
import { lower } from '../onnx/lower.ts';
import { add, constant, input, matmul, mul, relu, stopGradient } from '../ops/index.ts';
import { openRuntime } from './node.ts';
import { Runtime } from './program.ts';

let runtime: Runtime;

before(async () => {
  runtime = await openRuntime({ threads: 1 });
});

const floats = (...data: number[]): TensorData => ({
  dtype: 'float32',
  shape: [data.length],
  data: Float32Array.from(data),
});

/** w' = 2·w + x: a training step in small, state in and out under one name. */
function step(scale = 2): Tensor {
  const w = input('w', 'float32', [2]);
  return add(mul(w, scale), input('x', 'float32', [2]));
}

test('state goes in and comes out under one name', async () => {
  const program = await runtime.compile(graph('step', [['w', step()]]));
  const x = runtime.upload(floats(1, 1));
  let w = runtime.upload(floats(1, 2));
  for (let i = 0; i < 3; i++) w = (await program.run({ w, x })).w ?? w;
  assert.deepEqual(await runtime.download(w), floats(15, 23));
});

test('a program is compiled once, and anew when anything that matters differs', async () => {
  const first = await runtime.compile(graph('step', [['w', step()]]));
  assert.equal(await runtime.compile(graph('renamed', [['w', step()]])), first);
  const others = await Promise.all([
    runtime.compile(graph('step', [['w', step(3)]])),
    runtime.compile(graph('step', [['v', step()]])),
    runtime.compile(graph('step', [['w', step()]]), new Set(['w'])),
  ]);
  assert.equal(new Set([first, ...others]).size, 4);
});

test('float64 products keep their digits, and WebGPU refuses float64 before it could lose any', async () => {
  const [x, y] = [input('x', 'float64', [2, 2]), input('y', 'float64', [2, 2])];
  const program = await runtime.compile(graph('product', [['product', matmul(x, y, { transposeA: true })]]));
  const odd = 2 ** 26 + 1;
  const rows: TensorData = { dtype: 'float64', shape: [2, 2], data: Float64Array.of(odd, 1, 0, 3) };
  const { product } = await program.compute({ x: rows, y: rows });
  assert.deepEqual(product, { dtype: 'float64', shape: [2, 2], data: Float64Array.of(odd * odd, odd, odd, 10) });
  assert.throws(
    () => lower(program.graph, 'webgpu'),
    /^GraphError: input: float64\[2,2\] cannot be computed by WebGPU/,
  );
});

test('outputs may be inputs, constants, aliases, and each other', async () => {
  const x = input('x', 'float32', [2]);
  const y = relu(x);
  const program = await runtime.compile(
    graph('aliases', [
      ['x', x],
      ['again', x],
      ['held', stopGradient(x)],
      ['y', y],
      ['also y', y],
      ['held y', stopGradient(y)],
      ['constant', constant(floats(5))],
    ]),
  );
  const results = await program.compute({ x: floats(-1, 2) });
  assert.deepEqual(Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...data]])), {
    x: [-1, 2],
    again: [-1, 2],
    held: [-1, 2],
    y: [0, 2],
    'also y': [0, 2],
    'held y': [0, 2],
    constant: [5],
  });
});

test('a run leaves its inputs alone and its results are new memory', async () => {
  const x = floats(-1, 2);
  const program = await runtime.compile(graph('relu', [['y', relu(input('x', 'float32', [2]))]]));
  const first = await program.compute({ x });
  const second = await program.compute({ x: floats(7, 8) });
  assert.deepEqual(
    [[...x.data], [...(first.y?.data ?? [])], [...(second.y?.data ?? [])]],
    [
      [-1, 2],
      [0, 2],
      [7, 8],
    ],
  );
});

test('every dtype survives the way there and back', async () => {
  const kinds: TensorData[] = [
    floats(1.5, -0),
    { dtype: 'int32', shape: [2, 1], data: Int32Array.of(-(2 ** 31), 7) },
    { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 128, 255) },
    { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
    { dtype: 'float32', shape: [], data: Float32Array.of(3) },
  ];
  for (const kind of kinds) {
    const program = await runtime.compile(graph('copy', [['y', input('x', kind.dtype, kind.shape)]]));
    assert.deepEqual((await program.compute({ x: kind })).y, kind);
  }
});

test('a run refuses missing inputs, misfits and tensors of another runtime, and ignores what it does not know', async () => {
  const program = await runtime.compile(graph('step', [['w', step()]]));
  const other = await openRuntime({ threads: 1 });
  const [w, x] = [runtime.upload(floats(1, 2)), runtime.upload(floats(3, 4))];
  await assert.rejects(program.run({ w }), {
    name: 'GraphError',
    message: 'step: input "x" float32[2] was not given.',
  });
  await assert.rejects(program.run({ w, x: runtime.upload(floats(1)) }), {
    message: 'step: input "x" is float32[1], the program takes float32[2].',
  });
  const integers = runtime.upload({ dtype: 'int32', shape: [2], data: new Int32Array(2) });
  await assert.rejects(program.run({ w, x: integers }), /is int32\[2\], the program takes float32\[2\]/);
  await assert.rejects(program.run({ w: other.upload(floats(1, 2)), x }), {
    message: 'step: input "w" belongs to another device.',
  });
  const { w: result } = await program.run({ w, x, more: x });
  assert.ok(result);
  runtime.release(result);
  assert.deepEqual([...(await runtime.download(result)).data], [5, 8], 'memory on the CPU outlives its release');
});

test('a program that ONNX Runtime refuses is reported with its name and the reason', async () => {
  const x = input('x', 'float32', [2]);
  const broken = apply({ ...relu(x).op, name: 'broken', lower: () => 'nowhere' }, [x], {});
  await assert.rejects(runtime.compile(graph('broken', [['y', broken]])), {
    name: 'UserError',
    message: /^compiling broken for cpu: ONNX Runtime refused the program: .*nowhere/s,
  });
});

test('what could not be compiled is tried again', async () => {
  let failures = 0;
  const scarce = {
    Tensor: ort.Tensor,
    InferenceSession: {
      async create(...program: Parameters<typeof ort.InferenceSession.create>) {
        if (failures-- > 0) throw new Error('no memory');
        return ort.InferenceSession.create(...program);
      },
    },
  };
  const later = new Runtime(scarce, { device: 'cpu', sessionOptions: {} });
  const whole = graph('step', [['w', step()]]);
  const x = later.upload(floats(1, 1));
  for (const make of [() => later.compile(whole), () => later.bind(whole, { x })]) {
    failures = 1;
    await assert.rejects(make(), /no memory/);
    await make();
  }
});
