import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  conv2d,
  convTranspose2d,
  type Graph,
  graph,
  input,
  interpret,
  lower,
  openRuntime,
  reshape,
  type Tensor,
  values,
} from '../index.ts';

const x = input('x', 'float32', [2, 3, 4, 4]);
const weight = input('weight', 'float32', [5, 3, 3, 3]);
const bias = input('bias', 'float32', [5]);
const column = reshape(bias, [5, 1, 1]);

const opTypes = (program: Graph) => lower(program, 'cpu').nodes.map(({ opType }) => opType);

async function checkNumbers(outputs: Readonly<Record<string, Tensor>>): Promise<void> {
  const program = graph('biased', Object.entries(outputs));
  const numbers = [...program.inputs].map(([name, { shape }]) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 37) % 19) / 9 - 1);
    return [name, { dtype: 'float32', shape, data }] as const;
  });
  const runtime = await openRuntime({ threads: 1 });
  const computed = await (await runtime.compile(program)).compute(Object.fromEntries(numbers));
  const given = Object.fromEntries(numbers.map(([name, { shape, data }]) => [name, values(shape, data)]));
  const expected = interpret(Object.values(outputs), given);
  for (const [i, name] of Object.keys(outputs).entries()) {
    for (const [j, value] of (expected[i]?.data ?? []).entries()) {
      const seen = computed[name]?.data[j] ?? Number.NaN;
      assert.ok(Math.abs(seen - value) < 1e-5, `${name}[${j}] is ${seen}, expected ${value}`);
    }
  }
}

test('a convolution takes the bias that is added to it', async () => {
  const y = add(conv2d(x, weight, { padding: 1 }), column);
  assert.deepEqual(
    opTypes(graph('conv', [['y', y]])).filter((type) => type === 'Add'),
    [],
  );
  const wide = input('wide', 'float32', [3, 5, 4, 4]);
  const up = add(convTranspose2d(x, wide, { stride: 2, padding: 1 }), column);
  assert.deepEqual(
    opTypes(graph('up', [['up', up]])).filter((type) => type === 'Add'),
    [],
  );
  await checkNumbers({ y, up });
});

test('a convolution that is read by others too keeps its unbiased result', async () => {
  const plain = conv2d(x, weight, { padding: 1 });
  const y = add(plain, column);
  assert.ok(
    opTypes(
      graph('shared', [
        ['y', y],
        ['twice', add(plain, plain)],
      ]),
    ).includes('Add'),
  );
  assert.ok(
    opTypes(
      graph('returned', [
        ['y', y],
        ['plain', plain],
      ]),
    ).includes('Add'),
  );
  await checkNumbers({ y, plain });
});

test('what only looks like a bias stays a sum', async () => {
  const one = conv2d(x, input('thin', 'float32', [1, 3, 3, 3]), { padding: 1 });
  const repeated = add(one, column); // [2,1,4,4] + [5,1,1]: the one channel is repeated five times
  const square = input('square', 'float32', [2, 3, 5, 5]);
  const alongRows = add(conv2d(square, weight, { padding: 1 }), reshape(bias, [1, 5, 1]));
  const alongShorterRows = add(conv2d(x, weight, { padding: 1 }), reshape(input('row', 'float32', [4]), [1, 4, 1]));
  assert.equal(
    opTypes(
      graph('sums', [
        ['repeated', repeated],
        ['alongRows', alongRows],
        ['alongShorterRows', alongShorterRows],
      ]),
    ).filter((t) => t === 'Add').length,
    3,
  );
  await checkNumbers({ repeated, alongRows, alongShorterRows });
});
