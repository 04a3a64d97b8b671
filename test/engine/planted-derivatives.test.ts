import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphError } from '../../src/base/errors.ts';
import { zeros } from '../../src/engine/index.ts';
import { type Attributes, apply, type DerivativeRule } from '../../src/engine/ir/tensor.ts';
import { opSamples } from '../tables/ops.ts';
import { buildSample, sampleValues } from '../tables/sample.ts';
import { type Differentiable, gradientMisfits } from './check-gradients.ts';
import { type Planted, plantedDerivatives } from './planted-derivatives.ts';

type Rule = DerivativeRule<Attributes>['rule'];

/** The sample's program, with the derivative rule of its last op changed. */
function withRule({ op, sample }: Planted, change: (right: Rule) => Rule): Differentiable {
  const found = opSamples[op]?.find(({ name }) => name === sample);
  assert.ok(found, `${op} has no sample "${sample}"`);
  const { inputs, output } = buildSample(found);
  const { derivative } = output.op;
  assert.ok(derivative !== 'none', `${op} has no derivative`);
  const changed = { ...output.op, derivative: { rule: change(derivative.rule) } };
  return { inputs, output: apply(changed, output.inputs, output.attributes), point: sampleValues(found) };
}

/** The checker's findings; a derivative of the wrong shape is refused before it can be checked. */
function findings(program: Differentiable): string[] {
  try {
    return gradientMisfits(program, 2);
  } catch (error) {
    if (error instanceof GraphError) return [error.message];
    throw error;
  }
}

for (const plant of plantedDerivatives) {
  test(`the checker catches a wrong derivative of ${plant.op}: ${plant.mistake}`, () => {
    const right = withRule(plant, (rule) => rule);
    assert.deepEqual(findings(right), []);
    const wrong = withRule(plant, (rule) => (args) => {
      const [x = args.output, other = x] = args.inputs;
      const parts = rule(args).map((part, i) => part ?? zeros(args.inputs[i]?.shape ?? []));
      return plant.rule({ ...args, x, other, right: parts });
    });
    assert.notDeepEqual(findings(wrong), []);
  });
}
