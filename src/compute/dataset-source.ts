/** Which dataset a task is about, opened as training would open it. */

import { z } from 'zod';
import { type DatasetOptions, type OpenedDataset, openDataset } from '../data/index.ts';
import { parseSavedConfig } from '../train/index.ts';
import type { TaskContext } from './task.ts';

/** Counts how often somebody has asked to look again, since a folder may have changed. */
const look = z.int().min(0).default(0);

/** The dataset of a run, with the run's own settings; or what `--data` takes. */
export const datasetSourceSchema = z.discriminatedUnion('of', [
  z.strictObject({ of: z.literal('run'), run: z.string().min(1), look }),
  z.strictObject({
    of: z.literal('name'),
    name: z.string().min(1),
    resolution: z.int().min(1).max(1024).default(32),
    channels: z.union([z.literal(1), z.literal(3)]).optional(),
    look,
  }),
]);
export type DatasetSource = z.output<typeof datasetSourceSchema>;

export interface SourceSettings extends DatasetOptions {
  readonly name: string;
  /** Whether training would pass over files that cannot be used, or stop. */
  readonly doesSkipBad: boolean;
  /** Share of the images that is never trained on. */
  readonly holdOut: number;
}

export function settingsOf(source: DatasetSource, { run }: TaskContext): SourceSettings {
  if (source.of === 'name') {
    const { name, resolution, channels } = source;
    return { name, resolution, channels, doesSkipBad: false, holdOut: 0 };
  }
  const { config, configPath } = run(source.run);
  const {
    source: name,
    resolution,
    channels,
    background,
    skipBad,
    holdOut,
  } = parseSavedConfig(config, configPath).data;
  return { name, resolution, channels, background, doesSkipBad: skipBad, holdOut };
}

/**
 * Something that is made of a dataset, once. Throws UserError as `openDataset` does; but files that cannot be used are
 * left out and listed.
 */
export function keepOf<T>(
  source: DatasetSource,
  context: TaskContext,
  what: string,
  make: () => Promise<T>,
): Promise<T> {
  const key = JSON.stringify(['dataset', what, source.look, settingsOf(source, context)]);
  return context.keep(undefined, key, make);
}

export function openSource(source: DatasetSource, context: TaskContext): Promise<OpenedDataset> {
  return keepOf(source, context, 'opened', async () => {
    const { name, resolution, channels, background } = settingsOf(source, context);
    // The loader waits for nobody between files, so whoever no longer wants it is heard at the next.
    let withdrawn: unknown;
    const onProgress = (done: number, total: number) => {
      if (withdrawn !== undefined) throw withdrawn;
      context.progress(done, total, 'Reading images').catch((error: unknown) => {
        withdrawn = error;
      });
    };
    return openDataset(name, { resolution, channels, background, skipBad: true, onProgress });
  });
}

export function toDataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
