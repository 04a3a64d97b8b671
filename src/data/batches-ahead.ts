/** Batches that are ready when they are asked for: read, shuffled and mirrored in a thread of their own while others are in use. */

import { Worker } from 'node:worker_threads';
import { type Batch, type Dataset, type FiledDataset, recipeOf } from './dataset.ts';

/** What the thread is started with. */
export interface BatchWork {
  readonly recipe: FiledDataset;
  readonly batchSize: number;
}

/** What it is asked for … */
export interface WantedBatch {
  readonly position: number;
  readonly seed: number;
}

/** … and what it answers, in the same order. */
export interface DrawnBatch {
  readonly batch: Batch;
  readonly seed: number;
}

/**
 * Takes batches of one size from a dataset, one after another. Those of images in a file are drawn `ahead` batches before
 * their turn; images in memory need no thread.
 *
 * The thread saves time and decides nothing: what it has not drawn in time, or could not draw, is drawn at once where it is
 * asked for, with the same bits or the same error.
 */
export class BatchesAhead {
  private readonly dataset: Dataset;
  private readonly batchSize: number;
  private readonly ahead: number;
  private readonly recipe: FiledDataset | undefined;
  private worker: Worker | undefined;
  private seed = -1;
  /** The position that is expected next, and the first that the thread has not been asked for. */
  private next = 0;
  private wanted = 0;
  /** By position. */
  private readonly ready = new Map<number, Batch>();

  constructor(dataset: Dataset, { batchSize, ahead }: { readonly batchSize: number; readonly ahead: number }) {
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.ahead = ahead;
    this.recipe = recipeOf(dataset);
  }

  /** `dataset.batchAt(position, batchSize, seed)`, and throws as that does; quick where position follows position. */
  take(position: number, seed: number): Batch {
    const { dataset, batchSize, ahead, ready } = this;
    if (position !== this.next || seed !== this.seed) {
      ready.clear();
      this.seed = seed;
      this.wanted = position + batchSize;
    }
    const batch = ready.get(position) ?? dataset.batchAt(position, batchSize, seed);
    ready.delete(position);
    this.next = position + batchSize;
    this.worker ??= this.start();
    for (; this.wanted <= position + ahead * batchSize; this.wanted += batchSize) {
      const wanted: WantedBatch = { position: this.wanted, seed };
      this.worker?.postMessage(wanted);
    }
    return batch;
  }

  /** Ends the thread, which never keeps a program from ending by itself. */
  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker | undefined {
    if (this.recipe === undefined) return undefined;
    const work: BatchWork = { recipe: this.recipe, batchSize: this.batchSize };
    const worker = startThread(work);
    worker.on('message', ({ batch, seed }: DrawnBatch) => {
      const isWanted = seed === this.seed && batch.position >= this.next && batch.position < this.wanted;
      if (isWanted) this.ready.set(batch.position, batch);
    });
    // A thread that fails has ended; what it leaves undone is drawn by `take`, which meets the cause if it lies in the images.
    worker.on('error', () => undefined);
    // After the listeners, as listening to messages is a reference.
    worker.unref();
    return worker;
  }
}

/** From dist as it is; from src by the loader of tsx, which Node 20 does not hand down to threads. */
function startThread(workerData: BatchWork): Worker {
  const url = import.meta.url.replace(/batches-ahead\.(\w+)$/, 'batch-worker.$1');
  if (url.endsWith('.js')) return new Worker(new URL(url), { workerData });
  // In a file's URL a quote is %27.
  const [loader, file] = [import.meta.resolve('tsx/esm/api'), url].map((module) => `import('${module}')`);
  return new Worker(`${loader}.then(({ register }) => { register(); return ${file}; })`, { eval: true, workerData });
}
