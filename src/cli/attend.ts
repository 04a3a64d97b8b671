import { Command } from 'commander';
import { drawRunAttention } from '../api/attention.ts';
import { openTrainedRun } from '../api/trained-run.ts';
import { openRuntime } from '../engine/index.ts';
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

interface AttendCommandOptions extends DeviceOptions, JsonOption, CheckpointOption {
  readonly out: string;
  readonly class?: string;
  readonly seed?: number;
  readonly count?: number;
}

/** `sagan attend` */
export function attendCommand(): Command {
  const command = new Command('attend')
    .summary('draw where a generator attends')
    .description('Draw samples of a run, three query points in each, and where the attention of each looks.')
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <file.png>', 'the figure')
    .option('--class <class>', 'name or number of the class to show (default: classes spread over all)')
    .option('--seed <n>', "of the latents (default: the run's)", wholeNumber(0))
    .option('--count <n>', 'images, one a row (default: 4)', wholeNumber(1))
    .addOption(checkpointOption())
    .addOption(jsonOption())
    .action(runAttend);
  return withExample(addDeviceOptions(command), 'sagan attend runs/quickstart --class 8 --out eights.png');
}

async function runAttend(path: string, options: AttendCommandOptions): Promise<void> {
  const { out, json, device, threads, passes, checkpoint, ...shown } = options;
  const trained = openTrainedRun(path, { checkpoint });
  const runtime = await openRuntime({
    ...(device && { device }),
    ...(threads && { threads }),
    passes: passes ?? trained.config.passes,
  });
  const { png, ...report } = await drawRunAttention(runtime, trained, shown);
  for (const { folder, reason } of trained.refused) {
    console.error(`note: checkpoint ${folder} was refused (${reason}); the one before it is used.`);
  }
  writeFileAtomic(out, png);
  if (json) {
    console.log(JSON.stringify({ run: path, out, ...report }));
    return;
  }
  const { block, gamma, step, meanEntropyBits, maximumEntropyBits } = report;
  console.log(
    `attention of ${path} at step ${step}: ${out}\n` +
      `  ${block}: γ = ${Number(gamma.toFixed(3))}, mean entropy ${meanEntropyBits.toFixed(2)} of ${maximumEntropyBits.toFixed(2)} bits`,
  );
}
