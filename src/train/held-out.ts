/** Whether the discriminator knows the images that it is trained on better than others of their kind. It moves nothing. */

import { Random } from '../base/random.ts';
import type { Dataset } from '../data/index.ts';
import type { Program, Runtime, TensorData } from '../engine/index.ts';
import { type BoundModel, drawValues, type GanLoss, type HeldOutProgram, traceHeldOut } from '../gan/index.ts';
import type { Tensors } from './step-report.ts';

/** Numbers are rounded to six digits, as they are written to the log. */
export type HeldOut = {
  /** The discriminator's loss, without penalties, on images that it is trained on and on others; on the same samples. */
  readonly lossTraining: number;
  readonly lossHeldOut: number;
  /** Mean logits. */
  readonly logitTraining: number;
  readonly logitHeldOut: number;
  readonly logitFake: number;
  /**
   * The probability that an image that it is trained on has a higher logit than one that it is not: the area under the ROC
   * curve. ½ where it generalises, 1 where it knows its images by heart.
   */
  readonly separation: number;
  /** Of each kind. */
  readonly images: number;
};

/** So many of each kind give a separation that strays by 0.025 by chance, for the cost of a step or two. */
const mostImages = 256;
const mostAtOnce = 64;

export interface HeldOutOptions {
  readonly model: BoundModel;
  readonly loss: GanLoss;
  readonly dataset: Dataset;
  /** Images of the same kind that are never trained on. */
  readonly heldOut: Dataset;
  readonly runtime: Runtime;
  readonly seed: number;
  /** Images that a step holds at once: no more are judged at once, and at most 64. */
  readonly batch: number;
}

/** Compares one state after another. */
export class HeldOutJudge {
  private readonly options: HeldOutOptions;
  private readonly pieceSize: number;
  private readonly pieces: number;
  private readonly draws: HeldOutProgram['draws'];
  private readonly program: Program;

  private constructor(options: HeldOutOptions, pieceSize: number, draws: HeldOutProgram['draws'], program: Program) {
    const { dataset, heldOut } = options;
    this.options = options;
    this.pieceSize = pieceSize;
    this.pieces = Math.max(1, Math.floor(Math.min(mostImages, dataset.count, heldOut.count) / pieceSize));
    this.draws = draws;
    this.program = program;
  }

  /** Traces and compiles the program. */
  static async create(options: HeldOutOptions): Promise<HeldOutJudge> {
    const { model, loss, dataset, heldOut, runtime, batch } = options;
    const pieceSize = Math.max(2, Math.min(mostAtOnce, batch, dataset.count, heldOut.count));
    const { graph, draws } = traceHeldOut(model, loss, pieceSize);
    return new HeldOutJudge(options, pieceSize, draws, await runtime.compile(graph));
  }

  /**
   * A function of the state, the run's seed and its position in the data. Of the images that are trained on, those are judged
   * that come next: the discriminator has not seen them for the longest time, so it is no memory of the last step that shows.
   */
  async judge(tensors: Tensors, imagesSeen: number): Promise<HeldOut> {
    const logits: Record<'training' | 'heldOut' | 'fake', number[]> = { training: [], heldOut: [], fake: [] };
    const losses: Record<'training' | 'heldOut', number[]> = { training: [], heldOut: [] };
    for (let piece = 0; piece < this.pieces; piece++) {
      const outputs = await this.run(tensors, imagesSeen + piece * this.pieceSize, piece);
      for (const kind of ['training', 'heldOut', 'fake'] as const) logits[kind].push(...(outputs.get(kind) ?? []));
      for (const kind of ['training', 'heldOut'] as const) losses[kind].push(...(outputs.get(`loss.${kind}`) ?? []));
    }
    return {
      lossTraining: meanOf(losses.training),
      lossHeldOut: meanOf(losses.heldOut),
      logitTraining: meanOf(logits.training),
      logitHeldOut: meanOf(logits.heldOut),
      logitFake: meanOf(logits.fake),
      separation: rounded(separation(logits.training, logits.heldOut)),
      images: logits.training.length,
    };
  }

  private async run(tensors: Tensors, position: number, piece: number): Promise<Map<string, readonly number[]>> {
    const { runtime, model, dataset, heldOut, seed } = this.options;
    const { resolution, channels } = model.images;
    const feeds = new Map<string, TensorData>(
      this.draws.map((draw) => [draw.name, drawValues(draw, new Random(seed, draw.name, piece))]),
    );
    for (const [kind, source] of [
      ['training', dataset],
      ['heldOut', heldOut],
    ] as const) {
      const { images, labels } = source.batchAt(position, this.pieceSize, seed);
      const shape = [this.pieceSize, channels, resolution, resolution];
      feeds.set(`images.${kind}`, { dtype: 'uint8', shape, data: images });
      feeds.set(`labels.${kind}`, { dtype: 'int32', shape: [this.pieceSize], data: labels });
    }
    const fed = Object.fromEntries([...feeds].map(([name, data]) => [name, runtime.upload(data)]));
    const outputs = await this.program.run({ ...tensors, ...fed });
    const read = new Map<string, readonly number[]>();
    for (const [name, tensor] of Object.entries(outputs)) {
      read.set(name, [...(await runtime.download(tensor)).data]);
      runtime.release(tensor);
    }
    for (const tensor of Object.values(fed)) runtime.release(tensor);
    return read;
  }
}

/** The share of pairs whose first is higher; a tie counts half. NaN where a logit is none. */
export function separation(first: readonly number[], second: readonly number[]): number {
  let higher = 0;
  for (const a of first) {
    for (const b of second) higher += Number.isNaN(a - b) ? Number.NaN : a > b ? 1 : a === b ? 1 / 2 : 0;
  }
  return higher / (first.length * second.length);
}

const meanOf = (values: readonly number[]) =>
  rounded(values.reduce((total, value) => total + value, 0) / values.length);

const rounded = (value: number) => Number(value.toPrecision(6));
