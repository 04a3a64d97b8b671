/** What a model is made of and what a training step of it costs, from its trace alone: no weight is initialised. */

import { graph, input, optimize, type PassSelection, type Shape, type Tensor } from '../engine/index.ts';
import { flopsOf } from '../engine/ir/cost.ts';
import { memoryOf, totalBytes } from '../engine/ir/memory.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { type BoundModel, type Phases, type StepOptions, tracePhases } from '../gan/index.ts';
import { type Scope, Variables } from '../nn/index.ts';

export interface LayerDescription {
  /** Dotted path below the network: `block1.conv1`. */
  readonly path: string;
  /** Of one image. */
  readonly outputShape: Shape;
  /** Trainable numbers of the layer itself, without those of layers inside it. */
  readonly parameters: number;
}

export interface NetworkDescription {
  /** Trainable numbers. */
  readonly parameters: number;
  /** The layers that have any, in the order in which they are applied. */
  readonly layers: readonly LayerDescription[];
}

export interface StepCost {
  /**
   * Floating-point operations of the step as it is written, whatever passes save of them: 2 a multiply-add of
   * convolutions and matrix products, 1 an element of other results.
   */
  readonly flops: number;
  /** Weights, running statistics, averages and moments: what a checkpoint holds. */
  readonly stateBytes: number;
  /** What the trainer's process takes on the CPU, without the dataset. */
  readonly processBytes: number;
}

/** Node, ONNX Runtime, and what both take to trace and compile a program whatever its size (Linux x64). */
const baseBytes = 195e6;
/** What a node takes beside: its trace, and its place in ONNX Runtime's session. */
const bytesPerNode = 6500;
/** Old states that lie until Node collects them: of small ones as many or as much as this, of large ones one. */
const uncollectedStates = 8;
const uncollectedBytes = 40e6;

/** Lists the layers of both networks by tracing each once for a batch of `batch` images. */
export function describeNetworks(
  model: BoundModel,
  batch: number,
): { readonly generator: NetworkDescription; readonly discriminator: NetworkDescription } {
  const { resolution, channels } = model.images;
  const labels = () => input('labels', 'int32', [batch]);
  return {
    generator: describeNetwork((scope) =>
      model.generator(scope, input('z', 'float32', [batch, model.latentDim]), labels()),
    ),
    discriminator: describeNetwork(
      (scope) =>
        model.discriminator(scope, input('x', 'float32', [batch, channels, resolution, resolution]), labels()).logits,
    ),
  };
}

function describeNetwork(network: (scope: Scope) => Tensor): NetworkDescription {
  const variables = new Variables();
  const output = network(variables.scope('', { training: true }));
  const lastNode = new Map(graph('network', [['output', output]]).nodes.map((node) => [node.scope, node]));
  const parameters = new Map<string, number>();
  for (const { name, shape, trainable } of variables.all) {
    if (!trainable) continue;
    const path = name.slice(1, Math.max(1, name.lastIndexOf('.')));
    parameters.set(path, (parameters.get(path) ?? 0) + sizeOf(shape));
  }
  const layers = [...parameters].map(([path, count]) => {
    return { path, outputShape: (lastNode.get(path) ?? output).shape.slice(1), parameters: count };
  });
  return { parameters: layers.reduce((total, layer) => total + layer.parameters, 0), layers };
}

/**
 * Counts a training step: operations exactly, and the memory of the process that trains with `passes`, which `test/memory`
 * holds within 25 % of what is measured. What a program puts out is copied from ONNX Runtime's memory, which keeps its peak for ever,
 * to Node's. `traced` are the programs of these options, where they are known already.
 *
 * Throws UserError if the batches cannot be cut into `accumulation` equal pieces.
 */
export function costOfStep(
  options: StepOptions,
  passes: PassSelection = 'all',
  traced: Phases = tracePhases(options),
): StepCost {
  const { phases, variables } = traced;
  const programs = [...new Set(phases.map((phase) => phase.graph))];
  const handedOver = new Map(programs.flatMap(({ outputs }) => [...outputs]));
  const programBytes = programs.map((program) => {
    const run = optimize(program, 'cpu', passes).graph;
    return bytesPerNode * run.nodes.length + memoryOf(run).arenaBytes;
  });
  const nextBytes = totalBytes(handedOver.values());
  const uncollected = Math.max(nextBytes, Math.min(uncollectedStates * nextBytes, uncollectedBytes));
  return {
    flops: total(phases.flatMap((phase) => phase.graph.nodes.map(flopsOf))),
    stateBytes: 4 * total(variables.map(({ shape }) => sizeOf(shape))),
    // Beside the state and the next one.
    processBytes: Math.round(baseBytes + total(programBytes) + 2 * nextBytes + uncollected),
  };
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
