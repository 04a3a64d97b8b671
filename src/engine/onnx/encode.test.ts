import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph } from '../ir/graph.ts';
import { withScope } from '../ir/tensor.ts';
import { constant, full, input, matmul, mul, relu, sum } from '../ops/index.ts';
import { encode } from './encode.ts';
import { lower } from './lower.ts';
import { ProtobufWriter } from './protobuf.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function written(write: (out: ProtobufWriter) => void): string {
  const out = new ProtobufWriter();
  write(out);
  return hex(out.finish());
}

test('protocol buffers: the examples of the encoding guide', () => {
  assert.equal(
    written((out) => out.int(1, 150)),
    '089601',
  );
  assert.equal(
    written((out) => out.text(2, 'testing')),
    '120774657374696e67',
  );
  assert.equal(
    written((out) => out.message(3, (inner) => inner.int(1, 150))),
    '1a03089601',
  );
  assert.equal(
    written((out) => out.ints(6, [3, 270, 86942])),
    '3206038e029ea705',
  );
  assert.equal(
    written((out) => out.int(1, -2)),
    '08feffffffffffffffff01',
  );
  assert.equal(
    written((out) => out.float(2, 1)),
    '150000803f',
  );
  assert.equal(
    written((out) => out.int(16, 0)),
    '800100',
  );
  assert.equal(written((out) => out.raw(1, new Uint8Array(1000))).length, 2 * 1003);
});

test('nodes carry the scope of the layer, so that a profile and a viewer name it', () => {
  const x = input('x', 'float32', [2]);
  const y = withScope('G.block1', () => relu(x));
  const [node] = lower(graph('g', [['y', y]]), 'cpu').nodes;
  assert.equal(node?.name, 'G.block1/relu#0');
  assert.equal(node?.output, 'y');
});

test('equal short constants are stored once, unequal ones apart', () => {
  const x = input('x', 'float32', [2]);
  const model = (values: readonly number[]) =>
    lower(
      graph(
        'g',
        values.map((value, i) => [String(i), mul(x, full(value, [2]))] as const),
      ),
      'cpu',
    ).initializers.length;
  assert.equal(model([3, 3, 3]), 1);
  assert.equal(model([0, -0, 3]), 3);
  const long = () => constant({ dtype: 'float32', shape: [2, 20], data: new Float32Array(40) });
  const different = graph('g', [
    ['a', long()],
    ['b', long()],
  ]);
  assert.equal(lower(different, 'cpu').initializers.length, 2);
});

test('fused matrix products are for the CPU alone', () => {
  const product = graph('g', [
    ['y', matmul(input('a', 'float32', [3, 2]), input('b', 'float32', [3, 4]), { transposeA: true })],
  ]);
  const opTypes = (device: 'cpu' | 'webgpu' | 'wasm') => lower(product, device).nodes.map(({ opType }) => opType);
  assert.deepEqual(opTypes('cpu'), ['FusedMatMul']);
  assert.deepEqual(opTypes('webgpu'), ['Transpose', 'MatMul']);
  assert.deepEqual(opTypes('wasm'), ['Transpose', 'MatMul']);
});

test('the same program gives the same bytes; metadata travels with them', () => {
  const model = () => lower(graph('g', [['y', sum(relu(input('x', 'float32', [2, 3])), [1])]]), 'cpu');
  assert.equal(hex(encode(model())), hex(encode(model())));
  const withMetadata = Buffer.from(encode(model(), { metadata: { latentPrior: 'normal' } })).toString('latin1');
  assert.ok(withMetadata.includes('latentPrior') && withMetadata.includes('normal'));
});
