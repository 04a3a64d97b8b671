/** Images that a dataset holds more than once: what is seen twice as often counts twice, and teaches nothing new. */

import { createHash } from 'node:crypto';
import type { Dataset, OpenedDataset } from '../data/index.ts';

export interface DuplicateImage {
  readonly index: number;
  readonly label: number;
  /** Its file, where it has one of its own. */
  readonly path?: string;
}

export interface Duplicates {
  /** Images that repeat one before them. */
  readonly copies: number;
  /** Images of the same pixels, in the order of the first of each. */
  readonly groups: readonly (readonly DuplicateImage[])[];
  readonly warnings: readonly string[];
}

/** Called between images; may throw to break off. */
export type SearchProgress = (done: number, total: number) => Promise<void>;

const imagesAtOnce = 64;

/**
 * Compares the images of a dataset as training sees them, cropped and resized, by the SHA-256 of their pixels; one image is in
 * memory at a time. A search that broke off goes on where it was.
 */
export class DuplicateSearch {
  private readonly dataset: Dataset;
  private readonly originals: OpenedDataset['originals'];
  private next = 0;
  /** Of each image that was seen first, by its hash. */
  private readonly first = new Map<string, number>();
  /** All that are equal, by the first. */
  private readonly groups = new Map<number, number[]>();

  constructor({ dataset, originals }: OpenedDataset) {
    this.dataset = dataset;
    this.originals = originals;
  }

  async run(onProgress?: SearchProgress): Promise<Duplicates> {
    const { count } = this.dataset;
    while (this.next < count) {
      const end = Math.min(count, this.next + imagesAtOnce);
      for (; this.next < end; this.next++) this.look(this.next);
      await onProgress?.(end, count);
    }
    const groups = [...this.groups]
      .sort(([a], [b]) => a - b)
      .map(([, indices]) => indices.map((index) => this.describe(index)));
    const copies = groups.reduce((sum, group) => sum + group.length - 1, 0);
    return { copies, groups, warnings: warningsOf(groups, copies, this.dataset) };
  }

  private look(index: number): void {
    const hash = createHash('sha256').update(this.dataset.image(index)).digest('base64');
    const first = this.first.get(hash);
    if (first === undefined) {
      this.first.set(hash, index);
      return;
    }
    const group = this.groups.get(first);
    if (group === undefined) this.groups.set(first, [first, index]);
    else group.push(index);
  }

  private describe(index: number): DuplicateImage {
    const path = this.originals?.at(index).path;
    return { index, label: this.dataset.label(index), ...(path !== undefined && { path }) };
  }
}

function warningsOf(groups: Duplicates['groups'], copies: number, { classNames }: Dataset): string[] {
  const [[one, other] = []] = groups;
  if (one === undefined || other === undefined) return [];
  const name = ({ path, index }: DuplicateImage) => path ?? `image ${index}`;
  const repeats = copies === 1 ? '1 image repeats another' : `${copies} images repeat others`;
  const found =
    `${repeats}, pixel by pixel (${name(other)} is ${name(one)}${copies === 1 ? '' : ', …'}): they count more than the rest, ` +
    'and what is held out may have been seen. Remove them, unless they are meant.';
  const clashes = groups.flatMap(([first, ...rest]) => {
    const clash = rest.find(({ label }) => label !== first?.label);
    return first === undefined || clash === undefined ? [] : [[first, clash] as const];
  });
  const [clash] = clashes;
  if (clash === undefined) return [found];
  const labelled = clash.map((image) => `"${classNames[image.label]}" as ${name(image)}`);
  const times = clashes.length === 1 ? 'One of them has two labels' : `${clashes.length} of them have several labels`;
  return [found, `${times}: the same pixels are ${labelled.join(' and ')}. Decide which is right.`];
}
