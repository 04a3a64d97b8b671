/** The sample sheets of a run in training. */

import { join } from 'node:path';
import type { Runtime, State } from '../engine/index.ts';
import type { BoundModel } from '../gan/index.ts';
import { batchFor, board, Generator, sampleSheet, toBytes } from '../sample/index.ts';
import { type Run, writeFileAtomic } from '../store/index.ts';
import type { Config } from '../train/index.ts';

const columns = 8;
const mostRows = 10;

export interface Sheet {
  readonly path: string;
  readonly png: Uint8Array;
}

/** Draws the same latents again and again, so that sheets of different steps can be compared. */
export class SheetPainter {
  private readonly runtime: Runtime;
  private readonly model: BoundModel;
  private readonly run: Run;
  private readonly config: Config;

  constructor(runtime: Runtime, model: BoundModel, run: Run, config: Config) {
    this.runtime = runtime;
    this.model = model;
    this.run = run;
    this.config = config;
  }

  /** Where the sheet of a step is, or will be. */
  pathOf(step: number): string {
    return join(this.run.samplesPath, `step-${String(step).padStart(6, '0')}.png`);
  }

  /**
   * Draws the averaged generator of a state and writes the sheet; undefined if it makes images that are no numbers.
   *
   * Throws UserError if the disk refuses.
   */
  async paint(step: number, state: State): Promise<Sheet | undefined> {
    const { classes, resolution, channels } = this.model.images;
    const rows = classes === 0 ? columns : Math.min(classes, mostRows);
    const cells = board(this.config.seed, this.model, { rows, columns, numClasses: classes });
    const generator = await Generator.open(this.runtime, this.model, state, { batch: batchFor(rows * columns) });
    const { images } = await generator.generate(cells.z, cells.labels);
    generator.release();
    if (images.some(Number.isNaN)) return undefined;
    const classNames = this.config.images?.classNames ?? [];
    const png = await sampleSheet({
      images: toBytes(images),
      channels,
      resolution,
      columns,
      ...(classNames.length === 0 ? {} : { rowLabels: classNames.slice(0, rows) }),
      caption: `step ${step}`,
    });
    const path = this.pathOf(step);
    writeFileAtomic(path, png, this.run.fileSystem);
    return { path, png };
  }
}
