import { Command, Option } from 'commander';
import { type ImportEvent, importRun } from '../api/import-run.ts';
import { sources } from '../weights/index.ts';
import { type JsonOption, jsonOption, wholeNumber, withExample } from './options.ts';
import { saganCommand } from './sagan-command.ts';

interface ImportCommandOptions extends JsonOption {
  readonly as: string;
  readonly out: string;
  readonly from?: string;
  readonly data?: string;
  readonly seed?: number;
  readonly set?: readonly string[];
}

/** `sagan import` */
export function importCommand(): Command {
  const names = sources.map(({ name }) => name);
  const command = new Command('import')
    .summary('make a run of published weights')
    .description('Make a run of the weights that another program saved, to sample it or to go on training.')
    .argument('<file...>', '.pth or .safetensors with a generator, its average, a discriminator')
    .requiredOption('--as <preset>', 'the preset whose model the weights are for')
    .requiredOption('--out <folder>', 'folder of the new run')
    .addOption(
      new Option('--from <program>', 'the program that saved them (default: as their names say)').choices(names),
    )
    .option('--data <dataset>', "the dataset to go on training with (default: the preset's)")
    .option('--set <key=value>', "change one of the preset's settings; may be repeated", collect)
    .option('--seed <n>', 'of what the files do not hold (default: 0)', wholeNumber(0))
    .addOption(jsonOption())
    .action(runImport);
  return withExample(
    command,
    'sagan import netG.pth netD.pth --as sngan-cifar10-mimicry --out runs/sngan',
    'sagan import G_ema.pth --as biggan-imagenet-128-biggan-pytorch --out runs/biggan',
  );
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function runImport(files: readonly string[], options: ImportCommandOptions): Promise<void> {
  const { as: preset, set: settings, json, out, from, data, seed } = options;
  for await (const event of importRun({ files, preset, settings, out, from, data, seed })) {
    console.log(json ? JSON.stringify(event) : textOf(event));
  }
}

function textOf(event: ImportEvent): string {
  if (event.type === 'read') {
    return `read         ${event.network} of ${event.source}: ${event.place}, ${event.tensors} tensors`;
  }
  if (event.type === 'initialised') return `initialised  ${event.what}: ${event.how}`;
  const { run, hasDataset } = event;
  const training = hasDataset
    ? `go on training: ${saganCommand()} train --resume ${run}`
    : 'to go on training, import with --data DATASET';
  return `imported ${run}; samples: ${saganCommand()} sample ${run} --out sheet.png; ${training}`;
}
