import { Command, InvalidArgumentError, Option } from 'commander';
import { sample } from '../api/sample-run.ts';
import { writeFileAtomic } from '../store/index.ts';
import {
  addDeviceOptions,
  type CheckpointOption,
  checkpointOption,
  type DeviceOptions,
  type JsonOption,
  jsonOption,
  wholeNumber,
  withExample,
} from './options.ts';

interface SampleCommandOptions extends DeviceOptions, JsonOption, CheckpointOption {
  readonly out: string;
  readonly count?: number;
  readonly class?: string;
  readonly seed: number;
  readonly columns?: number;
  readonly truncation?: readonly number[];
  readonly scale?: readonly number[];
  readonly standingStatistics?: number;
}

/** `sagan sample` */
export function sampleCommand(): Command {
  const command = new Command('sample')
    .summary('draw images with a trained run')
    .description(
      'Draw images with the averaged generator of a run, by default its newest good checkpoint, on one sheet.',
    )
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <file.png>', 'the sheet')
    .option('--count <n>', 'images, of each truncation or scale (default: a row a class, or 100)', wholeNumber(1))
    .option('--class <class>', 'name or number of the one class to draw (default: a row a class)')
    .option('--seed <n>', 'of the latents; the same seed gives the same bytes', wholeNumber(0), 0)
    .option('--columns <n>', 'images in a row (default: 10)', wholeNumber(1))
    .addOption(
      new Option('--truncation <t,…>', 'draw latents beyond ±t again, for better and less varied images')
        .argParser(numbers)
        .conflicts('scale'),
    )
    .option('--scale <s,…>', 'multiply latents by s, as BigGAN-PyTorch does instead', numbers)
    .option(
      '--standing-statistics <n>',
      "take batch norm's statistics anew, of n batches like these (usual: 16)",
      wholeNumber(1),
    )
    .addOption(checkpointOption())
    .addOption(jsonOption())
    .action(runSample);
  return withExample(
    addDeviceOptions(command),
    'sagan sample runs/first --out sheet.png',
    'sagan sample runs/first --class 7 --count 25 --columns 5 --out sevens.png',
    'sagan sample runs/first --truncation 2,1,0.5,0.04 --standing-statistics 16 --out sweep.png',
  );
}

async function runSample(run: string, { out, json, ...options }: SampleCommandOptions): Promise<void> {
  const { png, labels, checkpoint, step, refused } = await sample(run, options);
  for (const { folder, reason } of refused) {
    console.error(`note: checkpoint ${folder} was refused (${reason}); the one before it is used.`);
  }
  writeFileAtomic(out, png);
  const { seed, truncation, scale, standingStatistics } = options;
  const how = { seed, truncation, scale, standingStatistics };
  if (json) console.log(JSON.stringify({ out, count: labels.length, ...how, step, checkpoint }));
  else console.log(`${out}: ${labels.length} images of step ${step}, seed ${seed}`);
}

/** Reads `2,1,0.5`. */
function numbers(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('Expected a number, or several with commas between them, such as 2,1,0.5.');
}
