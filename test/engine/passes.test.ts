/** Every pass by itself on the program of all ops and their gradients, run by ONNX Runtime, against the interpreter. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime, optimize, passes } from '../../src/engine/index.ts';
import { mergeSamples, misfits } from './merged-graph.ts';
import { float32Tolerance } from './tolerances.ts';

const { graph, feeds, expected } = mergeSamples();

for (const name of new Set(passes.map((pass) => pass.name))) {
  test(`the pass ${name} leaves what every op computes`, async () => {
    const runtime = await openRuntime({ threads: 1, passes: [name] });
    const results = await (await runtime.compile(graph)).compute(feeds);
    assert.deepEqual(misfits(results, expected, float32Tolerance), []);
  });
}

test('without passes a program is what it was; an unknown one is named, with those that there are', () => {
  assert.equal(optimize(graph, 'cpu', 'none').graph, graph);
  assert.deepEqual(optimize(graph, 'cpu', []).applied, []);
  assert.throws(() => optimize(graph, 'cpu', ['simplify', 'magic']), {
    name: 'UserError',
    message: /^passes: there is no "magic"; expected "all", "none", or some of fold-constants, simplify, [^"]+\.$/,
  });
});

test('passes run in their order and as often as they are listed, whatever the order of their names', () => {
  const { applied } = optimize(graph, 'cpu', ['common-subexpressions', 'simplify']);
  const own = passes.filter(({ name }) => name === 'simplify' || name === 'common-subexpressions');
  assert.deepEqual(
    applied.map(({ name }) => name),
    own.map(({ name }) => name),
  );
  assert.ok(applied.some(({ sites }) => sites.length > 0));
});
