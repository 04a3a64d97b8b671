/** The two networks of a run as they attend: what their attention blocks do at an image, as learned or changed. */

import { suggest, UserError } from '../base/errors.ts';
import { type BoundProgram, type Graph, input, type Runtime, type TensorData } from '../engine/index.ts';
import { type BoundModel, traceDiscriminatorObserver, traceSampler } from '../gan/index.ts';
import type { AttentionBlock, Grid } from '../inspect/index.ts';
import { type Intervene, intervening } from '../nn/index.ts';
import { toBytes } from '../sample/index.ts';
import type { TrainedRun } from './trained-run.ts';

export type NetworkName = 'G' | 'D';

/** What attention does instead of what it has learned. */
export interface AttentionChange {
  /** γ of the blocks; 0 switches them off. */
  readonly gamma?: number | undefined;
  /**
   * `uniform`: every query weighs all keys alike; `window`: only the keys whose centre is within `windowPixels` of its own, or
   * the nearest, in the proportions learned.
   */
  readonly map?: 'uniform' | 'window' | undefined;
  /** Radius of the window, in pixels of the image. Default 8. */
  readonly windowPixels?: number | undefined;
  /** Names of the blocks that are changed; default: all. */
  readonly blocks?: readonly string[] | undefined;
}

export const defaultWindowPixels = 8;

/** An image that a network attends at. */
export type AttentionSubject =
  /** A latent float32 [Z], and its class, or weights of all classes, float32 [K]. */
  | { readonly kind: 'generated'; readonly z: Float32Array; readonly label: number | Float32Array }
  /** An image of the dataset, uint8 [C,H,W]. */
  | { readonly kind: 'dataset'; readonly pixels: Uint8Array; readonly label: number };

/** What was seen of a network at one image. */
export interface ObservedAttention {
  /** uint8 [C,H,W] */
  readonly image: Uint8Array;
  /** What the discriminator says of it, high for real; undefined of the generator. */
  readonly logit: number | undefined;
  /** In the order of the network. */
  readonly blocks: readonly AttentionBlock[];
}

/** Keeps a program under a key; `release` is called when it is let go of. */
export type KeepProgram = (
  key: string,
  make: () => Promise<BoundProgram>,
  release: (program: BoundProgram) => void,
) => Promise<BoundProgram>;

/**
 * Looks at the attention of a run's averaged generator and of its discriminator, which has no average, an image at a time.
 * A network is compiled once for each kind of change: other values of γ and other windows are inputs.
 */
export class AttentionObserver {
  private readonly runtime: Runtime;
  private readonly trained: TrainedRun;
  private readonly keep: KeepProgram;
  private readonly own = new Map<string, Promise<BoundProgram>>();

  /** Without a `keep` it keeps its programs itself, until `release`. */
  constructor(runtime: Runtime, trained: TrainedRun, keep?: KeepProgram) {
    this.runtime = runtime;
    this.trained = trained;
    this.keep = keep ?? ((key, make) => this.keepOwn(key, make));
  }

  /** Throws UserError for a generator and an image of the dataset, a network without attention, and blocks that it has not. */
  async observe(
    network: NetworkName,
    subject: AttentionSubject,
    change: AttentionChange = {},
  ): Promise<ObservedAttention> {
    if (network === 'D') return this.judge(subject, change);
    if (subject.kind === 'generated') return this.generate(subject, change);
    throw new UserError(
      `${this.trained.run.path}: the generator does not look at images of the dataset; expected network D for them. Choose a ` +
        'latent, or pass --network D.',
    );
  }

  /** Frees what is kept on a GPU by programs of its own. */
  async release(): Promise<void> {
    for (const program of this.own.values()) (await program).release();
    this.own.clear();
  }

  private keepOwn(key: string, make: () => Promise<BoundProgram>): Promise<BoundProgram> {
    const program = this.own.get(key) ?? make();
    this.own.set(key, program);
    return program;
  }

  private async generate(
    { z, label }: Extract<AttentionSubject, { kind: 'generated' }>,
    change: AttentionChange,
  ): Promise<ObservedAttention> {
    const { latentDim, images } = this.trained.model;
    const isMixed = typeof label !== 'number' && images.classes > 0;
    const program = await this.program('G', isMixed ? 'weights' : 'classes', change);
    const outputs = await program.compute({
      z: { dtype: 'float32', shape: [1, latentDim], data: z },
      labels: isMixed
        ? { dtype: 'float32', shape: [1, label.length], data: label }
        : { dtype: 'int32', shape: [1], data: Int32Array.of(typeof label === 'number' ? label : 0) },
      ...this.settings(change),
    });
    const made = outputs.images?.data;
    if (!(made instanceof Float32Array)) throw new TypeError('a generator makes float32 images');
    return { image: toBytes(made), logit: undefined, blocks: this.blocksOf('G', outputs) };
  }

  /** What is generated is judged as it is shown, in bytes; an image between classes as one of its heaviest class. */
  private async judge(subject: AttentionSubject, change: AttentionChange): Promise<ObservedAttention> {
    const { resolution, channels } = this.trained.model.images;
    const image = subject.kind === 'dataset' ? subject.pixels : (await this.generate(subject, {})).image;
    const { label } = subject;
    const program = await this.program('D', 'classes', change);
    const outputs = await program.compute({
      images: {
        dtype: 'float32',
        shape: [1, channels, resolution, resolution],
        data: Float32Array.from(image, (byte) => byte * (2 / 255) - 1),
      },
      labels: {
        dtype: 'int32',
        shape: [1],
        data: Int32Array.of(typeof label === 'number' ? label : label.indexOf(Math.max(...label))),
      },
      ...this.settings(change),
    });
    return { image, logit: outputs.logits?.data[0], blocks: this.blocksOf('D', outputs) };
  }

  private program(network: NetworkName, labels: 'classes' | 'weights', change: AttentionChange): Promise<BoundProgram> {
    const { model } = this.trained;
    const kind = [network, labels, change.gamma !== undefined, change.map, change.blocks];
    const make = () => {
      const options = { batch: 1, observe: true, labels, intervene: interveneFor(network, change) };
      return this.bound(network === 'G' ? traceSampler(model, options) : traceDiscriminatorObserver(model, options));
    };
    return this.keep(`attention ${JSON.stringify(kind)}`, make, (program) => program.release());
  }

  private bound({ graph, variables }: ReturnType<typeof traceSampler>): Promise<BoundProgram> {
    const { checkpoint, model, run } = this.trained;
    const weights = variables.map(({ name }) => {
      const data = checkpoint.state.get(name);
      if (data !== undefined) return [name, this.runtime.upload(data)] as const;
      throw new UserError(`${run.path}: the checkpoint has no ${name}; expected the state of a ${model.name}.`);
    });
    // A network that does not use its last buffers has no inputs for them.
    return this.runtime.bind(graph, Object.fromEntries(weights.filter(([name]) => graph.inputs.has(name))));
  }

  /** The numbers of a change, for the inputs that `interveneFor` has declared. */
  private settings({ gamma, map, windowPixels = defaultWindowPixels }: AttentionChange): Record<string, TensorData> {
    const scalar = (value: number): TensorData => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
    return {
      ...(gamma !== undefined && { [gammaInput]: scalar(gamma) }),
      ...(map === 'window' && { [radiusInput]: scalar(windowPixels / this.trained.model.images.resolution) }),
    };
  }

  private blocksOf(network: NetworkName, outputs: Readonly<Record<string, TensorData>>): AttentionBlock[] {
    const numbersOf = (name: string) => {
      const data = outputs[name]?.data;
      return data instanceof Float32Array ? data : undefined;
    };
    return Object.entries(outputs).flatMap(([name, { shape }]) => {
      const path = pathOfMap(name);
      const map = numbersOf(name);
      if (path === undefined || map === undefined) return [];
      const [, queryCount = 0, keyCount = 0] = shape;
      return [
        {
          name: path.slice(scopes[network].length + 1),
          gamma: numbersOf(`${path}.gamma`)?.[0],
          queryGrid: squareGrid(queryCount),
          keyGrid: squareGrid(keyCount),
          map,
          keyOrigins: numbersOf(`${path}.keyOrigins`),
          valueOrigins: numbersOf(`${path}.valueOrigins`),
        },
      ];
    });
  }
}

/** Names of the attention blocks of a model's networks, in their order; nothing is computed. */
export function attentionBlockNames(model: BoundModel): Readonly<Record<NetworkName, readonly string[]>> {
  const namesIn = (network: NetworkName, { outputs }: Graph) =>
    [...outputs.keys()].flatMap((name) => pathOfMap(name)?.slice(scopes[network].length + 1) ?? []);
  return {
    G: namesIn('G', traceSampler(model, { batch: 1, observe: true }).graph),
    D: namesIn('D', traceDiscriminatorObserver(model, { batch: 1 }).graph),
  };
}

/** The path of the block whose map an output is. */
function pathOfMap(output: string): string | undefined {
  return output.endsWith('.map') ? output.slice(0, -'.map'.length) : undefined;
}

const scopes = { G: 'ema.G', D: 'D' } as const;
const gammaInput = 'attention.gamma';
const radiusInput = 'attention.radius';

function interveneFor(network: NetworkName, { gamma, map, blocks }: AttentionChange): Intervene {
  return intervening({
    gamma: gamma === undefined ? undefined : input(gammaInput, 'float32', []),
    map: map === 'window' ? { radius: input(radiusInput, 'float32', []) } : map,
    blocks: blocks?.map((name) => `${scopes[network]}.${name}`),
  });
}

/** Feature maps are as square as the images. */
function squareGrid(positions: number): Grid {
  const side = Math.sqrt(positions);
  return [side, side];
}

/** The blocks of the names, or all. Throws UserError for a network without attention, and for a name that it has not. */
export function chosenBlocks(
  path: string,
  network: NetworkName,
  blocks: readonly AttentionBlock[],
  names: readonly string[] | undefined,
): readonly AttentionBlock[] {
  if (blocks.length === 0) {
    throw new UserError(
      `${path}: the ${network === 'G' ? 'generator' : 'discriminator'} of this run has no attention block; expected one to look ` +
        'into. Train a model with one, for example by --preset sagan-mnist-mini.',
    );
  }
  const known = blocks.map(({ name }) => name);
  return (names ?? known).map((name) => {
    const block = blocks.find((candidate) => candidate.name === name);
    if (block !== undefined) return block;
    throw new UserError(`${path}: network ${network} has no attention block "${name}". ${suggest(name, known)}`);
  });
}
