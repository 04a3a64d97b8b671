import { Command } from 'commander';
import { sample } from '../api/sample-run.ts';
import { writeFileAtomic } from '../store/index.ts';
import {
  addDeviceOptions,
  type DeviceOptions,
  type JsonOption,
  jsonOption,
  wholeNumber,
  withExample,
} from './options.ts';

interface SampleCommandOptions extends DeviceOptions, JsonOption {
  readonly out: string;
  readonly count?: number;
  readonly class?: string;
  readonly seed: number;
  readonly columns?: number;
}

/** `sagan sample` */
export function sampleCommand(): Command {
  const command = new Command('sample')
    .summary('draw images with a trained run')
    .description("Draw images with the averaged generator of a run's newest good checkpoint, on one sheet.")
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <file.png>', 'the sheet')
    .option('--count <n>', 'images (default: 10 of each class, or 100)', wholeNumber(1))
    .option('--class <class>', 'name or number of the one class to draw (default: a row a class)')
    .option('--seed <n>', 'of the latents; the same seed gives the same bytes', wholeNumber(0), 0)
    .option('--columns <n>', 'images in a row (default: 10)', wholeNumber(1))
    .addOption(jsonOption())
    .action(runSample);
  return withExample(
    addDeviceOptions(command),
    'sagan sample runs/first --out sheet.png',
    'sagan sample runs/first --class 7 --count 25 --columns 5 --out sevens.png',
  );
}

async function runSample(run: string, { out, json, ...options }: SampleCommandOptions): Promise<void> {
  const { png, labels, checkpoint, step, refused } = await sample(run, options);
  for (const { folder, reason } of refused) {
    console.error(`note: checkpoint ${folder} was refused (${reason}); the one before it is used.`);
  }
  writeFileAtomic(out, png);
  if (json) console.log(JSON.stringify({ out, count: labels.length, seed: options.seed, step, checkpoint }));
  else console.log(`${out}: ${labels.length} images of step ${step}, seed ${options.seed}`);
}
