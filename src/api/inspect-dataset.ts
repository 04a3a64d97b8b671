/** A look at a dataset: what the loader sees of it, and a sheet of its images. */

import { type Dataset, type DatasetOptions, type DatasetReport, openDataset } from '../data/index.ts';
import { sampleSheet } from '../sample/index.ts';
import { DuplicateSearch, type Duplicates } from './dataset-duplicates.ts';

const columns = 10;
const mostRows = 20;

export interface InspectedDataset {
  readonly report: DatasetReport;
  readonly duplicates: Duplicates;
  /** As training would see it. */
  readonly dataset: Dataset;
  /** PNG: a row a class (at most 20), or rows of images without classes. */
  readonly preview: Buffer;
}

export interface InspectOptions extends DatasetOptions {
  /** Called while images are compared with each other. */
  readonly onCompare?: ((done: number, total: number) => void) | undefined;
}

/**
 * Opens a dataset as training would, looks for images that are there more than once, and draws the first. Throws UserError
 * where training would.
 */
export async function inspectDataset(name: string, options: InspectOptions): Promise<InspectedDataset> {
  const opened = await openDataset(name, options);
  const duplicates = await new DuplicateSearch(opened).run(async (done, total) => options.onCompare?.(done, total));
  return { ...opened, duplicates, preview: await drawPreview(opened.dataset) };
}

async function drawPreview(dataset: Dataset): Promise<Buffer> {
  const { channels, resolution, classNames, count } = dataset;
  const rowLabels = classNames.slice(0, mostRows);
  const size = channels * resolution * resolution;
  const rows = rowLabels.length === 0 ? Math.ceil(Math.min(count, columns * columns) / columns) : rowLabels.length;
  const images = new Uint8Array(rows * columns * size).fill(255);
  const used = new Int32Array(rows);
  for (let index = 0; index < count && used.some((n) => n < columns); index++) {
    const row = rowLabels.length === 0 ? Math.floor(index / columns) : dataset.label(index);
    const column = used[row];
    if (column === undefined || column === columns) continue;
    images.set(dataset.image(index), (row * columns + column) * size);
    used[row] = column + 1;
  }
  return sampleSheet({
    images,
    channels,
    resolution,
    columns,
    ...(rowLabels.length === 0 ? {} : { rowLabels }),
    caption: `${dataset.name}: the first images${rowLabels.length === 0 ? '' : ' of each class'}, as training sees them`,
  });
}
