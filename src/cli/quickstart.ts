import { Command, Option } from 'commander';
import { type QuickstartResult, quickstart } from '../api/quickstart.ts';
import type { TrainEvent } from '../api/train-run.ts';
import { type JsonOption, wholeNumber, withExample } from './options.ts';
import { describeQuickstart } from './quickstart-report.ts';
import { saganCommand } from './sagan-command.ts';
import { listenForStop } from './stop-signals.ts';
import { follow } from './train.ts';
import { plainOutput, terminalOutput } from './train-output.ts';
import { withStudio } from './train-studio.ts';

interface QuickstartCommandOptions extends JsonOption {
  readonly out: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly studio: boolean;
}

/** `sagan quickstart` */
export function quickstartCommand(): Command {
  const command = new Command('quickstart')
    .summary('train a small SAGAN on MNIST, score it, and see what it learnt')
    .description(
      'Train a small class-conditional SAGAN on MNIST in some minutes, score its samples, and draw them, where it attends ' +
        'and how training went. Goes on where it was interrupted. The last line is the result, as JSON.',
    )
    .option('--out <folder>', 'folder of the run', 'runs/quickstart')
    .option('--steps <n>', 'generator updates (default: as the preset sagan-mnist-mini)', wholeNumber(1))
    .option('--seed <n>', 'of every random draw (default: 0)', wholeNumber(0))
    .option('--threads <n>', 'threads on the CPU (default: all)', wholeNumber(1))
    .option('--no-studio', 'do not start the studio, which shows the run in the browser meanwhile')
    .addOption(new Option('--json', 'print the result alone; progress goes to the error output'))
    .action(runQuickstart);
  return withExample(command, 'sagan quickstart');
}

async function runQuickstart({ json, studio, ...options }: QuickstartCommandOptions): Promise<void> {
  const print = json ? console.error : console.log;
  const output = !json && process.stdout.isTTY ? terminalOutput(process.stdout) : plainOutput(print);
  const stop = listenForStop(() =>
    console.error('stopping: the step in progress is finished, then the run is saved; Ctrl-C again ends it at once'),
  );
  let result: QuickstartResult | undefined;
  async function* training(): AsyncGenerator<TrainEvent> {
    for await (const event of quickstart({ ...options, signal: stop.signal })) {
      if (event.type === 'result') result = event.result;
      else yield event;
    }
  }
  // Not before the first step: that is what a newcomer waits for.
  const beside = { signal: stop.signal, after: 'step', endsWithRun: true } as const;
  await follow(studio ? withStudio(training(), beside) : training(), output);
  process.exitCode = stop.exitCode() ?? 0;
  if (result === undefined) {
    print('The same command goes on from there, then scores and draws.');
    return;
  }
  print(describeQuickstart(result, saganCommand()));
  const { score, seconds, steps, run } = result;
  console.log(JSON.stringify({ classAccuracy: score.accuracy, seconds: Math.round(10 * seconds) / 10, steps, run }));
}
