/** What every kind of dataset shares: the options it is opened with, and what opening it gives. */

import type { Dataset } from './dataset.ts';
import type { Originals } from './original.ts';
import type { DatasetReport } from './report.ts';

export interface DatasetOptions {
  /** Height and width of the images, in pixels. */
  readonly resolution: number;
  /** Left out: 1 where every image is grey, else 3. */
  readonly channels?: 1 | 3 | undefined;
  /** 'train' where left out. */
  readonly split?: 'train' | 'test' | undefined;
  /** Leave out files that cannot be used, instead of refusing the folder. */
  readonly skipBad?: boolean | undefined;
  /** CSS colour behind transparent pixels; white where left out. */
  readonly background?: string | undefined;
  /** Mirror drawn images at random. */
  readonly flip?: boolean | undefined;
  /** Where decoded images are kept; `defaultCacheFolder()` where left out. */
  readonly cacheFolder?: string | undefined;
  /** Called after each decoded file; never where the cache already holds them all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface OpenedDataset {
  readonly dataset: Dataset;
  readonly report: DatasetReport;
  /** Left out where images have no other form than the one that is trained on. */
  readonly originals?: Originals;
}

/** One kind of dataset. */
export interface DatasetOpener {
  /** As errors and help spell it. */
  readonly name: string;
  /** Whether `name`, as the user wrote it, is of this kind. */
  accepts(name: string): boolean;
  open(name: string, options: DatasetOptions): Promise<OpenedDataset>;
  /** Whether it can be opened as the split `test` too. Left out: never. */
  hasTestSplit?(name: string, options: DatasetOptions): boolean;
}
