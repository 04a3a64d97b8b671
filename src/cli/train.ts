import { Command } from 'commander';
import { readConfigFile } from '../api/train-config.ts';
import { type TrainEvent, train } from '../api/train-run.ts';
import { UserError } from '../base/errors.ts';
import type { Finding } from '../train/index.ts';
import {
  addDeviceOptions,
  collect,
  type DeviceOptions,
  type JsonOption,
  jsonOption,
  wholeNumber,
  withExample,
} from './options.ts';
import { listenForStop } from './stop-signals.ts';
import { type EndReason, jsonOutput, plainOutput, type TrainOutput, terminalOutput } from './train-output.ts';
import { withStudio } from './train-studio.ts';
import { emptySummary, type TrainSummary, updated } from './train-summary.ts';

interface TrainCommandOptions extends DeviceOptions, JsonOption {
  readonly preset?: string;
  readonly data?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly batch?: number;
  readonly set?: readonly string[];
  readonly config?: string;
  readonly evaluateEvery?: number;
  readonly metrics?: readonly string[];
  readonly ignoreMemory?: true;
  readonly skipBad?: true;
  readonly studio?: true;
  readonly port?: number;
}

/** `sagan train` */
export function trainCommand(): Command {
  const command = new Command('train')
    .summary('train a model, or go on with a run')
    .description('Train a model on a dataset in a new run folder, or go on with a run that was stopped.')
    .option('--preset <name>', 'complete recipe to begin from; "sagan presets" lists them')
    .option(
      '--data <dataset>',
      'mnist, cifar10, cifar100, matching-pairs, NAME:FOLDER, or a folder of images or IDX files',
    )
    .option('--out <folder>', 'folder of the new run')
    .option('--resume <folder>', 'go on with the run in this folder')
    .option('--steps <n>', 'generator updates until the run is finished', wholeNumber(1))
    .option('--seed <n>', 'of every random draw', wholeNumber(0))
    .option('--batch <n>', 'images in a batch', wholeNumber(1))
    .option('--set <key=value>', 'change one setting, such as ema.decay=0.99; may be repeated', collect)
    .option('--config <file>', 'JSON file with settings; "sagan schema" prints its schema')
    .option('--evaluate-every <n>', 'score samples every n steps, and keep the best checkpoint', wholeNumber(0))
    .option('--metrics <name,…>', 'scores to take then; checkpoints are kept by the first', names)
    .option('--ignore-memory', 'begin even if a step needs more memory than there is')
    .option('--skip-bad', 'leave out images that cannot be read, instead of stopping')
    .option('--studio', 'start the studio too, to watch and steer the run in the browser')
    .option('--port <n>', 'where the studio listens (default: 4400, or the next that is free)', wholeNumber(0))
    .addOption(jsonOption())
    .action(runTrain);
  return withExample(
    addDeviceOptions(command),
    'sagan train --preset sagan-mnist-mini --data mnist --out runs/first',
    'sagan train --preset sagan-mnist-mini --data mnist --out runs/scored --evaluate-every 500',
    'sagan train --resume runs/first --steps 2000 --studio',
  );
}

function names(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

/** The settings that options stand for. */
function settingsOf({ set = [], skipBad, evaluateEvery, metrics }: TrainCommandOptions): readonly string[] {
  return [
    ...set,
    ...(skipBad === true ? ['data.skipBad=true'] : []),
    ...(evaluateEvery === undefined ? [] : [`evaluate.everySteps=${evaluateEvery}`]),
    ...(metrics === undefined ? [] : [`evaluate.metrics=${JSON.stringify(metrics)}`]),
  ];
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const {
    resume,
    config,
    json,
    preset,
    data,
    steps,
    seed,
    batch,
    device,
    threads,
    passes,
    ignoreMemory,
    studio,
    port,
  } = options;
  const out = resume ?? options.out;
  if (out === undefined || (resume !== undefined && options.out !== undefined)) {
    throw new UserError(
      `train: ${out === undefined ? 'no run folder is named' : 'both --out and --resume are given'}; expected one: ` +
        '--out FOLDER for a new run, --resume FOLDER to go on with one.',
    );
  }
  if (port !== undefined && studio !== true) {
    throw new UserError(
      'train: --port is of the studio, which is not asked for; expected --studio with it, or no --port.',
    );
  }
  const output = chooseOutput(json === true);
  let isTraining = true;
  const stop = listenForStop(() => {
    if (!isTraining) return;
    console.error('stopping: the step in progress is finished, then the run is saved; Ctrl-C again ends it at once');
  });
  const events = train({
    out,
    resume: resume !== undefined,
    config: config === undefined ? undefined : readConfigFile(config),
    settings: settingsOf(options),
    preset,
    data,
    steps,
    seed,
    batch,
    device,
    threads,
    passes,
    ignoreMemory,
    signal: stop.signal,
    onDecode: output.decoding,
  });
  try {
    await follow(studio === true ? withStudio(events, { port, signal: stop.signal }) : events, output);
  } finally {
    isTraining = false;
  }
  process.exitCode = stop.exitCode() ?? 0;
}

function chooseOutput(json: boolean): TrainOutput {
  if (json) return jsonOutput(console.log);
  return process.stdout.isTTY ? terminalOutput(process.stdout) : plainOutput(console.log);
}

/**
 * Shows a run to its end.
 *
 * Throws the DivergenceError of a run that diverged, and a UserError for one that stopped since it collapsed, after all has
 * been shown.
 */
export async function follow(events: AsyncIterable<TrainEvent>, output: TrainOutput): Promise<void> {
  const startedAt = performance.now();
  let summary: TrainSummary = emptySummary;
  let failure: Error | undefined;
  let reason: EndReason = 'steps';
  for await (const event of events) {
    output.show(event);
    summary = updated(summary, event);
    if (event.type === 'diverged') failure = event.error;
    if (event.type === 'finding' && event.severity === 'collapse') failure = new UserError(collapseText(event));
    if (event.type === 'finished') reason = event.reason;
  }
  output.end({ ...summary, seconds: (performance.now() - startedAt) / 1000 }, reason);
  if (failure !== undefined && (reason === 'diverged' || reason === 'collapsed')) throw failure;
}

function collapseText({ step, seen, cause, suggestion }: Finding): string {
  return `step ${step}: ${seen}. Likely ${cause}. The run was stopped, as watch.action says; ${suggestion}.`;
}
