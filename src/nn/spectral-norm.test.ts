import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad, graph, input, interpret, mul, sum, type Tensor, type Values, values } from '../engine/index.ts';
import { linear, ones, spectralNorm, Variables } from './index.ts';

const training = { training: true };

const numbersOf = (tensor: Tensor, feeds: Record<string, Values>) => [...(interpret([tensor], feeds)[0]?.data ?? [])];

test('step by step sigma becomes the largest singular value', () => {
  const variables = new Variables();
  const scope = variables.scope('L', training);
  spectralNorm(scope, scope.parameter('weight', [3, 2], ones));
  const sigma = variables.observations.get('L.sigma');
  variables.commit();
  const next = variables.updates.get('L.u');
  assert.ok(sigma && next);
  // A rotation times diag(5, 2) times a rotation: singular values 5 and 2.
  const [c, s] = [0.6, 0.8];
  const feeds = { 'L.weight': values([3, 2], [5 * c, -2 * s, 5 * s, 2 * c, 0, 0]), 'L.u': values([1, 3], [0.1, 1, 1]) };
  for (let step = 0; step < 12; step++) {
    assert.ok((numbersOf(sigma, feeds)[0] ?? Number.NaN) <= 5 + 1e-12);
    feeds['L.u'] = values([1, 3], numbersOf(next, feeds));
  }
  assert.ok(Math.abs((numbersOf(sigma, feeds)[0] ?? 0) - 5) < 1e-7);
});

test('overwritten vectors: the value of this application, the gradient of the last before the update', () => {
  const [a, b, c, d] = [1, 2, 0.5, -1];
  const factor = [1, -2, 0.5, 3];
  const unit = (x: number, y: number) => [x / Math.hypot(x, y), y / Math.hypot(x, y)] as const;
  const iterate = ([x, y]: readonly [number, number]) => {
    const v = unit(x * a + y * c, x * b + y * d);
    const u = unit(a * v[0] + b * v[1], c * v[0] + d * v[1]);
    const outer = [u[0] * v[0], u[0] * v[1], u[1] * v[0], u[1] * v[1]]; // dσ/dW
    return { u, outer, sigma: dot(outer, [a, b, c, d]) };
  };
  const dot = (x: number[], y: number[]) => x.reduce((total, value, i) => total + value * (y[i] ?? 0), 0);
  const first = iterate([0.6, 0.8]);
  const last = iterate(iterate(first.u).u);

  const scope = new Variables().scope('L', { training: true, applicationsAhead: 2 });
  const weight = input('weight', 'float32', [2, 2]);
  const normed = spectralNorm(scope, weight, { gradient: 'overwritten' });
  const [gradient] = grad(sum(mul(normed, input('factor', 'float32', [2, 2]))), [weight]);
  assert.ok(gradient);
  const feeds = {
    weight: values([2, 2], [a, b, c, d]),
    factor: values([2, 2], factor),
    'L.u': values([1, 2], [0.6, 0.8]),
  };
  const pull = dot(factor, [a, b, c, d]) / first.sigma ** 2;
  for (const [seen, expected] of [
    [numbersOf(normed, feeds), [a, b, c, d].map((value) => value / first.sigma)],
    [numbersOf(gradient, feeds), factor.map((value, i) => value / first.sigma - pull * (last.outer[i] ?? 0))],
  ] as const) {
    assert.equal(seen.length, 4);
    for (const [i, value] of seen.entries()) assert.ok(Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-9);
  }
});

test('a layer that is applied twice normalises its weight once', () => {
  const variables = new Variables();
  const scope = variables.scope('L', training);
  const x = input('x', 'float32', [2, 3]);
  const outputs = [0, 1].map((i) => [`y${i}`, linear(scope, x, 4, { spectralNorm: true })] as const);
  const roots = graph('twice', outputs).nodes.filter(({ op }) => op.name === 'sqrt');
  assert.equal(roots.length, 2);
});
