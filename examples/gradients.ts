// Differentiate a tensor program, twice: a gradient penalty is the gradient of a norm of a gradient.
// Usage: npx tsx examples/gradients.ts
import { grad, graph, input, mean, openRuntime, print, square, sum, tanh } from 'sagan/engine';

const x = input('x', 'float32', [4]);
const y = sum(tanh(x)); // a scalar
const [slope] = grad(y, [x]); // 1 − tanh², as a program
if (slope === undefined) throw new Error('one input, one gradient');
const penalty = mean(square(slope));
const [curvature] = grad(penalty, [x]);
if (curvature === undefined) throw new Error('one input, one gradient');

const program = graph('penalty', [
  ['slope', slope],
  ['penalty', penalty],
  ['curvature', curvature],
]);
console.log(print(program));

const runtime = await openRuntime();
const values = await (await runtime.compile(program)).compute({
  x: { dtype: 'float32', shape: [4], data: Float32Array.of(-1, 0, 0.5, 2) },
});
for (const [name, { data }] of Object.entries(values))
  console.log(name, [...data].map((value) => value.toFixed(4)).join(' '));
