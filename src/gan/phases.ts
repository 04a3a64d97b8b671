/**
 * A training step as the programs that carry it out: one, or with gradient accumulation a program that adds up the gradients
 * of a piece of the batch and one that takes the step with their mean, for each network.
 */

import { UserError } from '../base/errors.ts';
import { type Graph, graph } from '../engine/ir/graph.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import type { Shape } from '../engine/ir/tensor-data.ts';
import { add, input, mul } from '../engine/ops/index.ts';
import { type Variable, Variables } from '../nn/index.ts';
import { descend, gradientsOf } from './descend.ts';
import { type Draw, Draws } from './draws.ts';
import { discriminatorObjective, drawFakes, generatorObjective, type Objective, type Trace } from './objective.ts';
import { averageGenerator, traceStep } from './step.ts';
import type { StepOptions } from './step-options.ts';

/** Where a phase's input comes from, if neither from the state nor from an earlier phase of the step. */
export type Source =
  /** The images or the labels of the step's `piece`-th batch of real images. */
  | { readonly from: 'data'; readonly part: 'images' | 'labels'; readonly piece: number }
  /** Random numbers from the stream of that name. */
  | { readonly from: 'random'; readonly draw: Draw; readonly stream: string }
  /** A scalar of `stepSchedule`. */
  | { readonly from: 'schedule'; readonly name: string }
  /** A sum that has not begun. */
  | { readonly from: 'zeros'; readonly shape: Shape };

/** One call of a program. What it puts out is what later phases, and in the end the next step, find under its name. */
export interface Phase {
  readonly graph: Graph;
  readonly sources: ReadonlyMap<string, Source>;
}

export interface Phases {
  readonly phases: readonly Phase[];
  readonly variables: readonly Variable[];
  /** Real images in a piece, which `data` sources count in. */
  readonly pieceSize: number;
}

/** Throws UserError if the batches cannot be cut into `accumulation` equal pieces. */
export function checkPieces({ accumulation = 1, batch, generatorBatch = batch }: StepOptions): void {
  for (const [name, size] of Object.entries({ batch, generatorBatch })) {
    if (size % accumulation === 0) continue;
    throw new UserError(
      `accumulation is ${accumulation}, but ${name} is ${size}, which cannot be cut into as many equal pieces. Choose a ` +
        `divisor of ${size}.`,
    );
  }
}

/** Traces the programs of a step. Throws as `checkPieces` does. */
export function tracePhases(options: StepOptions): Phases {
  checkPieces(options);
  const { accumulation = 1, batch, generatorBatch = batch } = options;
  if (accumulation > 1) return traceAccumulated({ ...options, accumulation, generatorBatch });
  const { graph: program, variables, draws } = traceStep(options);
  const sources = new Map<string, Source>(
    draws.map((draw) => [draw.name, { from: 'random', draw, stream: draw.name }]),
  );
  for (let k = 0; k < options.discriminatorSteps; k++) addData(sources, k, k);
  return { phases: [{ graph: program, sources: completed(program, sources, variables) }], variables, pieceSize: batch };
}

type Accumulated = StepOptions & { readonly accumulation: number; readonly generatorBatch: number };

function traceAccumulated(options: Accumulated): Phases {
  const { accumulation, discriminatorSteps } = options;
  const pieceSize = options.batch / accumulation;
  const ofD = withScope('D0', () => traceHalf(options, 'D', (trace) => discriminatorObjective(trace, 0, pieceSize)));
  const ofG = withScope('Gstep', () =>
    traceHalf(options, 'G', (trace) =>
      generatorObjective(trace, drawFakes(trace.draws, options.model, 'G', options.generatorBatch / accumulation)),
    ),
  );
  const variables = [
    ...new Map([...ofD.variables, ...ofG.variables].map((variable) => [variable.name, variable])).values(),
  ];
  const phases: Phase[] = [];
  const addHalf = (
    { gather, update, draws, sums }: Half,
    name: string,
    data: (piece: number, sources: Map<string, Source>) => void,
  ) => {
    for (let piece = 0; piece < accumulation; piece++) {
      const sources = new Map<string, Source>();
      for (const draw of draws)
        sources.set(draw.name, { from: 'random', draw, stream: `${draw.name}.${name}.${piece}` });
      if (piece === 0) for (const [sum, shape] of sums) sources.set(sum, { from: 'zeros', shape });
      data(piece, sources);
      phases.push({ graph: gather, sources });
    }
    const renamed = [...update.inputs.keys()].map((key) => [key, key.replace(/\.D0\./, `.${name}.`)] as const);
    const scheduled = renamed.filter(([key]) => !sums.has(key) && !variables.some((variable) => variable.name === key));
    phases.push({
      graph: update,
      sources: new Map(scheduled.map(([key, from]) => [key, { from: 'schedule', name: from }])),
    });
  };
  for (let k = 0; k < discriminatorSteps; k++) {
    addHalf(ofD, `D${k}`, (piece, sources) => addData(sources, 0, k * accumulation + piece));
  }
  addHalf(ofG, 'G', () => undefined);
  return { phases, variables, pieceSize };
}

function addData(sources: Map<string, Source>, k: number, piece: number): void {
  sources.set(`images.${k}`, { from: 'data', part: 'images', piece });
  sources.set(`labels.${k}`, { from: 'data', part: 'labels', piece });
}

/** Every input that is neither state nor known yet is a scalar of the schedule. */
function completed(program: Graph, sources: Map<string, Source>, variables: readonly Variable[]): Map<string, Source> {
  const state = new Set(variables.map(({ name }) => name));
  for (const name of program.inputs.keys()) {
    if (!state.has(name) && !sources.has(name)) sources.set(name, { from: 'schedule', name });
  }
  return sources;
}

/** The programs of one network's update. */
interface Half {
  /** Adds a piece's gradients and reported numbers to the sums; moves buffers. */
  readonly gather: Graph;
  /** Takes the step with the mean gradients; puts out the reported numbers' means. */
  readonly update: Graph;
  readonly variables: readonly Variable[];
  readonly draws: readonly Draw[];
  /** Names and shapes of the sums. */
  readonly sums: ReadonlyMap<string, Shape>;
}

function traceHalf(options: Accumulated, network: 'G' | 'D', objective: (trace: Trace) => Objective<string>): Half {
  const trace: Trace = { options, variables: new Variables(), draws: new Draws() };
  const { loss, report } = objective(trace);
  const parameters = trace.variables.below(network, 'trainable');
  const gradients = gradientsOf(trace.variables, network, loss);
  trace.variables.commit();
  const parts: [string, Tensor][] = [
    ...[...parameters.keys()].flatMap((name, i): [string, Tensor][] =>
      gradients[i] ? [[`sum.${name}`, gradients[i]]] : [],
    ),
    ...Object.entries(report).map(([name, value]): [string, Tensor] => [`sum.${name}`, value]),
  ];
  const summed = parts.map(([name, part]): [string, Tensor] => [name, add(input(name, 'float32', part.shape), part)]);
  const gather = graph(`${network}.gather`, [...summed, ...trace.variables.updates]);

  // The update is traced apart: it knows the parameters by name and the gradients as inputs.
  const variables = new Variables();
  const average = (name: string, shape: Shape) => mul(input(`sum.${name}`, 'float32', shape), 1 / options.accumulation);
  for (const variable of trace.variables.all) variables.get(variable);
  const means = [...parameters].map(([name, { shape }]) => average(name, shape));
  const norm = descend(variables, network, network === 'D' ? 'D0' : 'G', means, options);
  variables.commit();
  if (network === 'G') averageGenerator(variables);
  const reported = Object.keys(report).map((name): [string, Tensor] => [name, average(name, [])]);
  const update = graph(`${network}.update`, [...reported, [`gradNorm${network}`, norm], ...variables.updates]);
  const sums = new Map(parts.map(([name, { shape }]) => [name, shape]));
  return { gather, update, variables: variables.all, draws: trace.draws.all, sums };
}
