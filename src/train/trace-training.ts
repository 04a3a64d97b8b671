/** The programs of a step as a trainer runs them: with an output that tells whether all others are finite. */

import { add, type Graph, graph, mul, scalar, sum } from '../engine/index.ts';
import { withScope } from '../engine/ir/tensor.ts';
import { type Phases, type StepOptions, stepScalars, tracePhases } from '../gan/index.ts';

/** An output that is 0 unless another holds an element that is not finite. */
export const watch = 'watch';

/** The program with the output `watch`: losses can be finite for a while when a running variance is not. */
function watched(program: Graph): Graph {
  const reported = new Set<string>(stepScalars);
  const next = [...program.outputs].filter(([name]) => !reported.has(name));
  const nothing = withScope(watch, () =>
    next.reduce((total, [, tensor]) => add(total, mul(sum(tensor), 0)), scalar(0)),
  );
  return graph(program.name, [...program.outputs, [watch, nothing]]);
}

/** Traces the programs of a step as a `Trainer` runs them. Throws as `tracePhases` does. */
export function traceTraining(options: StepOptions): Phases {
  const { phases, ...traced } = tracePhases(options);
  const watching = new Map(
    [...new Set(phases.map((phase) => phase.graph))].map((program) => [program, watched(program)]),
  );
  return { ...traced, phases: phases.map((phase) => ({ ...phase, graph: watching.get(phase.graph) ?? phase.graph })) };
}
