import { Command, Option } from 'commander';
import pc from 'picocolors';
import type { DuplicateImage } from '../api/dataset-duplicates.ts';
import { type InspectedDataset, inspectDataset } from '../api/inspect-dataset.ts';
import { writeFileAtomic } from '../store/index.ts';
import { dataFetchCommand } from './data-fetch.ts';
import { formatCount, formatTable } from './figures.ts';
import { type JsonOption, jsonOption, wholeNumber, withExample } from './options.ts';
import { StatusBlock } from './status-block.ts';

interface DataCommandOptions extends JsonOption {
  readonly resolution: number;
  readonly channels?: '1' | '3';
  readonly out?: string;
  readonly skipBad?: true;
  readonly background: string;
}

const mostRows = 12;

/** `sagan data` */
export function dataCommand(): Command {
  const command = new Command('data')
    .summary('show what training would see of a dataset')
    .description(
      'Show what training would see of a dataset: classes, sizes, colours, bad files, duplicates, and a preview.',
    )
    .argument('<dataset>', 'mnist, cifar10, cifar100, matching-pairs, NAME:FOLDER, or a folder of images or IDX files')
    .option('--resolution <n>', 'side of the images in pixels', wholeNumber(1), 32)
    .addOption(new Option('--channels <n>', '1 grey, 3 RGB (default: as the images are)').choices(['1', '3']))
    .option('--out <file.png>', 'write a sheet of the first images')
    .option('--skip-bad', 'leave out images that cannot be read, instead of stopping')
    .option('--background <colour>', 'behind transparent pixels', '#ffffff')
    .addOption(jsonOption())
    .action(runData)
    .addCommand(dataFetchCommand());
  return withExample(command, 'sagan data photos/ --resolution 64 --out preview.png', 'sagan data fetch cifar10');
}

async function runData(name: string, options: DataCommandOptions): Promise<void> {
  const { resolution, out, skipBad, background, json } = options;
  const channels = options.channels === undefined ? undefined : options.channels === '1' ? 1 : 3;
  const block = json || !process.stdout.isTTY ? undefined : new StatusBlock(process.stdout);
  const onCompare = (done: number, total: number) =>
    block?.update([`comparing images: ${formatCount(done)} of ${formatCount(total)}`]);
  const inspecting = inspectDataset(name, { resolution, channels, skipBad, background, onCompare });
  const inspected = await inspecting.finally(() => block?.end());
  if (out !== undefined) writeFileAtomic(out, inspected.preview);
  const { report, dataset, duplicates } = inspected;
  const { channels: seen } = dataset;
  if (json) console.log(JSON.stringify({ ...report, resolution, channels: seen, duplicates, preview: out ?? null }));
  else console.log(reportText(inspected, out));
}

function reportText({ report, dataset, duplicates }: InspectedDataset, out: string | undefined): string {
  const { name, source, count, classes, sizes, kinds, badFiles, warnings } = report;
  const counts = (rows: readonly (readonly [string, number])[]) => [
    formatTable(rows.slice(0, mostRows).map(([label, n]) => [`  ${label}`, formatCount(n)])),
    ...(rows.length > mostRows ? [`  … and ${rows.length - mostRows} more`] : []),
  ];
  return [
    `${pc.bold(name)}: ${formatCount(count)} images in ${source}`,
    `training sees ${dataset.resolution}×${dataset.resolution}×${dataset.channels}`,
    classes.length === 0 ? 'no classes' : `${classes.length} classes`,
    ...(classes.length === 0 ? [] : counts(classes.map((entry) => [entry.name, entry.count]))),
    'sizes, width×height',
    ...counts(sizes.map(({ width, height, count: n }) => [`${width}×${height}`, n])),
    'colours',
    ...counts(kinds.map((entry) => [entry.kind, entry.count])),
    ...(duplicates.copies === 0
      ? ['no duplicates']
      : ['duplicates', ...counts(duplicates.groups.map((group) => [nameOf(group), group.length]))]),
    ...badFiles.map(({ path, reason }) => pc.yellow(`left out: ${path} (${reason})`)),
    ...[...warnings, ...duplicates.warnings].map((warning) => pc.yellow(`warning: ${warning}`)),
    ...(out === undefined ? [] : [`preview: ${out}`]),
  ].join('\n');
}

/** The first two of images that are equal. */
function nameOf(group: readonly DuplicateImage[]): string {
  return group
    .slice(0, 2)
    .map(({ path, index }) => path ?? `image ${index}`)
    .join(' = ');
}
