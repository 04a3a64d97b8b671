import { Command } from 'commander';
import { type Profile, type ProfileOptions, profile } from '../api/profile.ts';
import { readConfigFile } from '../api/train-config.ts';
import type { PassSelection } from '../engine/index.ts';
import { byModule, byOp } from '../inspect/index.ts';
import { collect, type JsonOption, jsonOption, passesOption, wholeNumber, withExample } from './options.ts';
import { profileText } from './profile-text.ts';
import { StatusBlock } from './status-block.ts';

interface ProfileCommandOptions extends JsonOption {
  readonly data?: string;
  readonly batch?: number;
  readonly set?: readonly string[];
  readonly config?: string;
  readonly steps: number;
  readonly passes?: PassSelection;
  readonly threads?: number;
  readonly depth: number;
  readonly verbose?: true;
  readonly trace?: string;
  readonly ignoreMemory?: true;
}

/** `sagan profile` */
export function profileCommand(): Command {
  const command = new Command('profile')
    .summary("show where a training step's time and memory go")
    .description(
      'Train a preset for a few steps on the CPU, keep nothing, and show where time and memory went: by module, by op, and ' +
        'what rewrites did. Random images stand in for a dataset that is not there.',
    )
    .argument('<preset>', 'name of a preset; "sagan presets" lists them')
    .option('--steps <n>', 'steps that are recorded', wholeNumber(1), 5)
    .option('--batch <n>', 'images in a batch', wholeNumber(1))
    .option('--set <key=value>', 'change one setting, such as model.generatorChannels=64; may be repeated', collect)
    .option('--config <file>', 'JSON file with settings; "sagan schema" prints its schema')
    .option('--data <dataset>', "dataset, as for train (default: the preset's, or random images)")
    .option('--threads <n>', 'threads on the CPU (default: all)', wholeNumber(1))
    .addOption(passesOption('default: all'))
    .option('--depth <n>', 'how deep modules are shown', wholeNumber(1), 3)
    .option('--verbose', 'show all rows, and every place that a rewrite changed')
    .option('--trace <file>', 'keep what was recorded: open it in chrome://tracing or ui.perfetto.dev')
    .option('--ignore-memory', 'begin even if a step needs more memory than there is')
    .addOption(jsonOption())
    .action(runProfile);
  return withExample(
    command,
    'sagan profile sagan-mnist-mini',
    'sagan profile sagan-images-32 --set model.generatorChannels=64 --passes none --depth 2',
  );
}

async function runProfile(preset: string, options: ProfileCommandOptions): Promise<void> {
  const { set, config, depth, verbose, json, ...given } = options;
  const progress = process.stderr.isTTY ? new StatusBlock(process.stderr) : undefined;
  const found = await profile(preset, {
    ...given,
    settings: set,
    config: config === undefined ? undefined : readConfigFile(config),
    onStep: (done, total) => progress?.update([`step ${done} of ${total}`]),
  } satisfies ProfileOptions);
  progress?.update([]);
  progress?.end();
  if (json) console.log(JSON.stringify(toJson(found, depth)));
  else console.log(profileText(found, { depth, verbose: verbose === true }));
}

/** Everything, with maps as objects and tensors by what names them. */
function toJson({ places, unmapped, programs, ...figures }: Profile, depth: number): object {
  const kernelsOf = <T extends { kernels: ReadonlyMap<string, object> }>(work: T) => ({
    ...work,
    kernels: Object.fromEntries(work.kernels),
  });
  return {
    ...figures,
    modules: byModule(places, depth),
    ops: byOp(places).map(kernelsOf),
    places: places.map(kernelsOf),
    unmapped: unmapped.map(kernelsOf),
    programs: programs.map(({ held, ...program }) => ({
      ...program,
      held: held.map(({ bytes, node }) => ({ bytes, scope: node.scope, op: node.op.name, type: String(node) })),
    })),
  };
}
