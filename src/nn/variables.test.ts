import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphError } from '../base/errors.ts';
import { add, grad, graph, interpret, mul, sum, type Tensor, values } from '../engine/index.ts';
import { ones, Variables, zeros } from './index.ts';

const training = { training: true };

function evaluate(output: Tensor, inputs: Record<string, readonly number[]>): number[] {
  const feeds = Object.entries(inputs).map(([name, data]) => [name, values([data.length], data)]);
  return [...(interpret([output], Object.fromEntries(feeds))[0]?.data ?? [])];
}

test('a path is one variable, and two shapes under one path are refused', () => {
  const variables = new Variables();
  const scope = variables.scope('D', training);
  const weight = scope.at('block1', (s) => s.at('conv', (inner) => inner.parameter('weight', [2], ones)));
  assert.equal(
    scope.at('block1.conv', (s) => s.parameter('weight', [2], ones)),
    weight,
  );
  assert.equal(weight.attributes.name, 'D.block1.conv.weight');
  assert.throws(
    () => scope.at('block1.conv', (s) => s.buffer('weight', [3], ones)),
    (error) =>
      error instanceof GraphError && /D\.block1\.conv\.weight .* \[2\] .* \[3\]: two layers share/.test(error.message),
  );
});

test('variables are listed in the order of declaration, and found below a path', () => {
  const variables = new Variables();
  const scope = variables.scope('G', training);
  scope.buffer('u', [1], zeros);
  scope.parameter('weight', [1], ones);
  variables.scope('Gold', training).parameter('weight', [1], ones);
  assert.deepEqual(
    variables.all.map(({ name, trainable }) => [name, trainable]),
    [
      ['G.u', false],
      ['G.weight', true],
      ['Gold.weight', true],
    ],
  );
  assert.deepEqual([...variables.below('G').keys()], ['G.u', 'G.weight']);
  assert.deepEqual([...variables.below('G', 'trainable').keys()], ['G.weight']);
});

test('what is moved is pending until commit, and then stands for the variable', () => {
  const variables = new Variables();
  const scope = variables.scope('D', training);
  const weight = scope.parameter('weight', [1], ones);
  variables.move('D.weight', mul(weight, 10));
  assert.equal(scope.parameter('weight', [1], ones), weight);
  assert.equal(variables.updates.size, 0);
  variables.commit();
  const once = scope.parameter('weight', [1], ones);
  assert.deepEqual(evaluate(once, { 'D.weight': [3] }), [30]);
  variables.move('D.weight', add(once, 1));
  variables.commit();
  const next = variables.updates.get('D.weight');
  assert.ok(next);
  assert.deepEqual(evaluate(next, { 'D.weight': [3] }), [31]);
  assert.deepEqual([...variables.updates.keys()], ['D.weight']);
});

test('after commit no gradient flows into the update that made a value', () => {
  const variables = new Variables();
  const scope = variables.scope('D', training);
  const [weight, other] = [scope.parameter('weight', [1], ones), scope.parameter('other', [1], ones)];
  variables.move('D.weight', mul(mul(weight, other), 10));
  variables.commit();
  const next = scope.parameter('weight', [1], ones);
  const loss = sum(mul(mul(next, next), other));
  const at = { 'D.weight': [3], 'D.other': [2] };
  const gradients = grad(loss, [next, weight, other]).map((gradient) => evaluate(gradient, at));
  // next = 60, loss = next²·other: by next 2·60·2, by the old weight nothing, by other next² alone.
  assert.deepEqual(gradients, [[240], [0], [3600]]);
});

test('once computes a value once a name, and again after commit', () => {
  const variables = new Variables();
  const scope = variables.scope('D', training);
  let calls = 0;
  const compute = () => {
    calls++;
    return mul(scope.parameter('weight', [1], ones), calls);
  };
  const first = scope.once('normalized', compute);
  assert.equal(scope.once('normalized', compute), first);
  assert.notEqual(
    scope.at('inner', (s) => s.once('normalized', compute)),
    first,
  );
  variables.commit();
  assert.notEqual(scope.once('normalized', compute), first);
  assert.equal(calls, 3);
});

test('buffers move in training unless told not to, also below', () => {
  for (const [mode, moves] of [
    [{ training: true }, true],
    [{ training: false }, false],
    [{ training: true, updates: false }, false],
    [{ training: false, updates: true }, true],
  ] as const) {
    const variables = new Variables();
    variables.scope('D', mode).at('norm', (s) => {
      assert.equal(s.training, mode.training);
      const mean = s.buffer('mean', [1], zeros);
      s.update('mean', () => add(mean, 1));
    });
    variables.commit();
    assert.equal(variables.updates.has('D.norm.mean'), moves, JSON.stringify(mode));
  }
});

test('scopes name the nodes that are made in them, and observations are kept by path', () => {
  const variables = new Variables();
  const value = variables.scope('D', training).at('block1', (s) =>
    s.at('conv', (inner) => {
      const doubled = mul(inner.parameter('weight', [1], ones), 2);
      inner.observe('doubled', doubled);
      return doubled;
    }),
  );
  assert.equal(value.scope, 'block1.conv');
  assert.equal(variables.observations.get('D.block1.conv.doubled'), value);
  assert.deepEqual([...graph('one', [['value', value]]).inputs.keys()], ['D.block1.conv.weight']);
});
