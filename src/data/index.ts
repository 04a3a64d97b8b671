/** Datasets: find, decode, validate, index; `batchAt(position)`. */

export { archives, type DatasetArchive, fetchedFolder, findArchive } from './archives.ts';
export { BatchesAhead } from './batches-ahead.ts';
export { type Batch, type Dataset, type DatasetValues, datasetFrom } from './dataset.ts';
export { holdOut, openTestSplit } from './hold-out.ts';
export { defaultCacheFolder } from './image-cache.ts';
export { MAX_PIXELS } from './image-decoding.ts';
export { imageFolder } from './image-folder.ts';
export { checkSignature, type ImageFileFormat, imageFormats, tiff } from './image-formats.ts';
export { type ImageFile, type ImageListing, listImages } from './image-listing.ts';
export { pairLayout } from './matching-pairs.ts';
export { openDataset, openers } from './open.ts';
export type { DatasetOpener, DatasetOptions, OpenedDataset } from './opener.ts';
export { type Original, type Originals, planesToPng } from './original.ts';
export { type BadFile, type DatasetReport, listBad, reasonOf, type SizeCount } from './report.ts';
export { readTar, type TarFile } from './tar.ts';
