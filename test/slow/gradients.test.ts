/**
 * The gradient of each network's objective by every parameter of every model: ONNX Runtime's float32 against the float64
 * interpreter. The discriminator's has a gradient penalty in it, so its second derivatives are held as well.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Graph, graph, interpret, openRuntime, values } from '../../src/engine/index.ts';
import { gradientsOf } from '../../src/gan/descend.ts';
import { type BoundModel, type Draw, Draws, losses, penalties } from '../../src/gan/index.ts';
import { discriminatorObjective, drawFakes, generatorObjective, type Trace } from '../../src/gan/objective.ts';
import { type Variable, Variables } from '../../src/nn/index.ts';
import { networkGradientTolerance } from '../engine/tolerances.ts';
import { bind, midCourse, modelRows, stepFeeds, stepOptions } from '../tables/models.ts';

/** Two images normalised over their batch are 1 and −1, whatever they were. */
const batch = 3;
const runtime = await openRuntime({ threads: 1, graphOptimizationLevel: 'disabled' });

interface Gradients {
  /** Puts out the loss and, under their names, the gradients of the parameters. */
  readonly graph: Graph;
  readonly variables: readonly Variable[];
  readonly draws: readonly Draw[];
}

const optionsOf = (model: BoundModel) =>
  stepOptions(model, {
    batch,
    loss: losses.nonSaturating,
    penalties: [{ penalty: penalties.gradientPenalty, weight: 10 }],
  });

function traceGradients(model: BoundModel, network: 'G' | 'D'): Gradients {
  const trace: Trace = { options: optionsOf(model), variables: new Variables(), draws: new Draws() };
  const { loss } =
    network === 'D'
      ? discriminatorObjective(trace, 0, batch)
      : generatorObjective(trace, drawFakes(trace.draws, model, 'G', batch));
  const gradients = gradientsOf(trace.variables, network, loss);
  const named = [...trace.variables.below(network, 'trainable').keys()].map(
    (name, i) => [name, gradients[i] ?? loss] as const,
  );
  const outputs = [
    ['loss', loss],
    ...named.map(([name, gradient]) => [`gradient.${name}`, gradient] as const),
  ] as const;
  return { graph: graph('gradients', outputs), variables: trace.variables.all, draws: trace.draws.all };
}

for (const row of modelRows) {
  const model = bind(row, row.tiny ?? row.small);
  for (const network of ['D', 'G'] as const) {
    test(`${row.name}: the gradients of ${network} by all its parameters are those of the interpreter`, async () => {
      const traced = traceGradients(model, network);
      const given = { ...midCourse(traced.variables), ...stepFeeds(traced, optionsOf(model), 1) };
      const feeds = Object.fromEntries(Object.entries(given).filter(([name]) => traced.graph.inputs.has(name)));
      const seen = await (await runtime.compile(traced.graph)).compute(feeds);
      const exact = Object.entries(feeds).map(([name, { shape, data }]) => [name, values(shape, data)] as const);
      const expected = interpret([...traced.graph.outputs.values()], Object.fromEntries(exact));
      const sizes = expected.map(({ data }) => data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0));
      const largest = Math.max(...sizes.slice(1));
      for (const [i, name] of [...traced.graph.outputs.keys()].entries()) {
        const limit = networkGradientTolerance(sizes[i] ?? Number.NaN, largest);
        for (const [j, value] of (expected[i]?.data ?? []).entries()) {
          const number = seen[name]?.data[j] ?? Number.NaN;
          assert.ok(Math.abs(number - value) <= limit, `${name}[${j}] is ${number}, the interpreter says ${value}`);
        }
      }
    });
  }
}
