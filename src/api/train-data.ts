/** The images of a run: those that it trains on, and those that it never does. */

import { UserError } from '../base/errors.ts';
import { type Dataset, type DatasetReport, holdOut, openDataset, openTestSplit } from '../data/index.ts';
import type { Config } from '../train/index.ts';

export interface TrainDataOptions {
  /** Name or path of the dataset, or the dataset itself. */
  readonly data?: string | Dataset | undefined;
  /**
   * Images of the same kind as those of `data` that are never trained on; default: what `data.holdOut` leaves out of
   * it, or else the dataset's test split.
   */
  readonly heldOut?: Dataset | undefined;
  /** Called while images are decoded. */
  readonly onDecode?: ((done: number, total: number) => void) | undefined;
}

export interface TrainData {
  readonly dataset: Dataset;
  /** Undefined where there are none, or where nothing is analysed. */
  readonly heldOut: Dataset | undefined;
  /** Undefined for a dataset that was handed over as a value. */
  readonly report: DatasetReport | undefined;
}

/** Opens what a config trains on. Throws UserError as `openDataset` does, and for held-out images of another kind. */
export async function openTrainData(options: TrainDataOptions, config: Config): Promise<TrainData> {
  const opened = await openParts(options, config);
  if (opened.heldOut !== undefined) checkSameKind(opened.dataset, opened.heldOut);
  return opened;
}

async function openParts({ data, heldOut, onDecode }: TrainDataOptions, config: Config): Promise<TrainData> {
  const { source, resolution, channels, background, flip, skipBad, holdOut: share } = config.data;
  if (data !== undefined && typeof data !== 'string') {
    if (share === 0) return { dataset: data, heldOut, report: undefined };
    throw new UserError(
      `train: data.holdOut is ${share}, but the dataset was handed over as a value; expected one that is opened by name. ` +
        'Part it yourself, and pass the other part as heldOut.',
    );
  }
  const name = data ?? source;
  const options = { resolution, channels, background, flip, skipBad, onProgress: onDecode };
  const { dataset, report } = await openDataset(name, options);
  if (heldOut !== undefined) return { dataset, heldOut, report };
  if (share > 0) {
    const parts = holdOut(dataset, share, flip);
    return { dataset: parts.training, heldOut: parts.heldOut, report };
  }
  if (config.analysis.everySteps === 0) return { dataset, heldOut: undefined, report };
  return { dataset, heldOut: await openTestSplit(name, { ...options, channels: dataset.channels }), report };
}

/**
 * The images that a run trains on, or the test split of their dataset. Throws UserError as `openDataset` does: a dataset that
 * was handed over as a value cannot be opened again.
 */
export async function openTrainingImages(config: Config, split: 'train' | 'test' = 'train'): Promise<Dataset> {
  const { source, resolution, channels, background, flip, skipBad, holdOut: share } = config.data;
  const { dataset } = await openDataset(source, { resolution, channels, background, flip, skipBad, split });
  return split === 'test' || share === 0 ? dataset : holdOut(dataset, share, flip).training;
}

function checkSameKind(dataset: Dataset, heldOut: Dataset): void {
  const kindOf = ({ resolution, channels }: Dataset) => `${resolution}×${resolution}×${channels}`;
  const [expected, seen] = [kindOf(dataset), kindOf(heldOut)];
  const hasMoreClasses = heldOut.classNames.length > dataset.classNames.length;
  if (expected === seen && !hasMoreClasses) return;
  throw new UserError(
    `train: the held-out images of ${heldOut.name} are ${seen}, of ${heldOut.classNames.length} classes; expected them as those ` +
      `that are trained on: ${expected}, of ${dataset.classNames.length}. Pass others, or none.`,
  );
}
