/** What a model is made of and what a training step of it costs, from its trace alone: no weight is initialised. */

import { graph, input, type Shape, type Tensor } from '../engine/index.ts';
import { costOf } from '../engine/ir/cost.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { type BoundModel, type StepOptions, traceStep } from '../gan/index.ts';
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
  /** Floating-point operations: 2 a multiply-add of convolutions and matrix products, 1 an element of other results. */
  readonly flops: number;
  /** Weights, running statistics, averages and moments: what a checkpoint holds. */
  readonly stateBytes: number;
  /** State in, state out, and the peak of what lies between. */
  readonly liveBytes: number;
  /** What the trainer's process takes on the CPU, without the dataset. */
  readonly processBytes: number;
}

/** Node, ONNX Runtime and a compiled step, before the first step. */
const restingBytes = 210e6;
/** What ONNX Runtime's allocator takes for a byte that is live: it keeps freed pieces for later, in sizes of its own. */
const allocatorFactor = 1.35;

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
    discriminator: describeNetwork((scope) =>
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
 * Counts a training step: operations exactly, memory by a model of the process that was fitted to `sagan` at 32×32 (widths
 * 16 to 64, batches of 8 to 128, Linux x64) and met its peak within 5 %. A run with sample sheets took 12 % more.
 */
export function costOfStep(options: StepOptions): StepCost {
  const { graph, variables } = traceStep(options);
  const { flops, inputBytes, outputBytes, peakBytes } = costOf(graph);
  const liveBytes = inputBytes + outputBytes + peakBytes;
  return {
    flops,
    stateBytes: variables.reduce((total, { shape }) => total + 4 * sizeOf(shape), 0),
    liveBytes,
    processBytes: Math.round(restingBytes + allocatorFactor * liveBytes),
  };
}
