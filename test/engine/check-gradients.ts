/**
 * Derivatives against central differences in the float64 interpreter, of any order.
 *
 * The scheme is that of autograd and JAX: the derivative of order n + 1 is checked as the first derivative of the scalar
 * v·grad, for a random direction v.
 */

import assert from 'node:assert/strict';
import { Random } from '../../src/base/random.ts';
import { add, grad, input, interpret, mul, sum, type Tensor, type Values, values } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import { differenceStep, gradientTolerances } from './tolerances.ts';

/** A program of float32 and other inputs, with the point at which to differentiate it. */
export interface Differentiable {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly output: Tensor;
  readonly point: Readonly<Record<string, Values>>;
}

/** Larger products of input and output are checked along directions only. */
const largestJacobian = 64;
const directionCount = 3;

/** Asserts that all derivatives up to `order` (1 … 3) agree with differences. */
export function checkGradients(name: string, program: Differentiable, order: 1 | 2 | 3): void {
  assert.deepEqual(gradientMisfits(program, order), [], name);
}

/** One line for every derivative that disagrees; none if all is well. */
export function gradientMisfits(program: Differentiable, order: 1 | 2 | 3): string[] {
  return misfitsFrom(program, 1, order);
}

function misfitsFrom({ inputs, output, point }: Differentiable, order: number, lastOrder: number): string[] {
  const random = new Random(7, 'gradient check', order);
  const targets = Object.entries(inputs).filter(([, tensor]) => tensor.dtype === 'float32');
  const cotangent = input(`cotangent ${order}`, 'float32', output.shape);
  const gradients = grad(
    output,
    targets.map(([, tensor]) => tensor),
    cotangent,
  );
  const here = { ...point, [`cotangent ${order}`]: randomValues(cotangent, random) };
  const check: Check = { output, cotangent: `cotangent ${order}`, point: here, tolerance: toleranceOf(order) };
  const misfits: string[] = [];
  let along: Tensor | undefined;
  const next: Record<string, Tensor> = { ...inputs, [`cotangent ${order}`]: cotangent };
  const nextPoint: Record<string, Values> = { ...here };
  for (const [i, [name, target]] of targets.entries()) {
    const gradient = gradients[i];
    const where = `order ${order}, input ${name}`;
    if (gradient === undefined || String(gradient) !== String(target)) {
      misfits.push(`${where}: the gradient of ${target} is ${gradient}`);
      continue;
    }
    misfits.push(...directionMisfits(check, name, gradient, random).map((misfit) => `${where}, ${misfit}`));
    if (order === 1 && sizeOf(target.shape) * sizeOf(output.shape) <= largestJacobian) {
      misfits.push(...jacobianMisfits(check, name, gradient).map((misfit) => `${where}, ${misfit}`));
    }
    const direction = input(`direction ${order} ${name}`, 'float32', target.shape);
    nextPoint[`direction ${order} ${name}`] = randomValues(target, random);
    const slope = sum(mul(gradient, direction));
    along = along === undefined ? slope : add(along, slope);
  }
  if (misfits.length > 0 || along === undefined || order === lastOrder) return misfits;
  return misfitsFrom({ inputs: next, output: along, point: nextPoint }, order + 1, lastOrder);
}

interface Check {
  readonly output: Tensor;
  readonly cotangent: string;
  readonly point: Readonly<Record<string, Values>>;
  readonly tolerance: number;
}

function toleranceOf(order: number): number {
  return gradientTolerances[order - 1] ?? Number.NaN;
}

function directionMisfits({ output, cotangent, point, tolerance }: Check, name: string, g: Tensor, random: Random) {
  const [gradient] = interpret([g], point);
  const weights = point[cotangent];
  return Array.from({ length: directionCount }, (_, i) => {
    const direction = randomValues(g, random);
    const expected = dot(difference(output, point, name, direction), weights);
    return misfit(`direction ${i}`, dot(direction, gradient), expected, tolerance);
  }).flat();
}

/** Every element of the output by every element of the input. */
function jacobianMisfits({ output, cotangent, point, tolerance }: Check, name: string, g: Tensor): string[] {
  const columns = Array.from({ length: sizeOf(g.shape) }, (_, i) => difference(output, point, name, oneHot(g, i)));
  return Array.from({ length: sizeOf(output.shape) }, (_, row) => {
    const [gradient] = interpret([g], { ...point, [cotangent]: oneHot(output, row) });
    return columns.flatMap((column, i) =>
      misfit(`element ${row} by ${i}`, gradient?.data[i] ?? Number.NaN, column.data[row] ?? Number.NaN, tolerance),
    );
  }).flat();
}

/** The change of `output` along a direction of one input, per unit. */
function difference(output: Tensor, point: Check['point'], name: string, direction: Values): Values {
  const at = point[name];
  const moved = (step: number) => {
    const data = direction.data.map((d, i) => (at?.data[i] ?? 0) + step * d);
    return interpret([output], { ...point, [name]: values(direction.shape, data) })[0]?.data ?? new Float64Array();
  };
  const [ahead, behind] = [moved(differenceStep), moved(-differenceStep)];
  return values(
    output.shape,
    ahead.map((a, i) => (a - (behind[i] ?? 0)) / (2 * differenceStep)),
  );
}

function misfit(what: string, seen: number, expected: number, tolerance: number): string[] {
  const close = Math.abs(seen - expected) <= tolerance * Math.max(1, Math.abs(expected));
  return close ? [] : [`${what}: the derivative is ${seen}, differences say ${expected}`];
}

function dot(a: Values, b: Values | undefined): number {
  return a.data.reduce((total, v, i) => total + v * (b?.data[i] ?? Number.NaN), 0);
}

function oneHot({ shape }: Tensor, index: number): Values {
  return values(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (i === index ? 1 : 0)),
  );
}

function randomValues({ shape }: Tensor, random: Random): Values {
  return values(
    shape,
    Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
  );
}
