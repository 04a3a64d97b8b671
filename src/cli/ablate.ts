import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { type Ablation, type AblationEvent, ablate, defaultScoreCount } from '../api/ablate.ts';
import { fineprint, metricTitle, tableHeader, tableRows } from '../api/ablation-table.ts';
import { formatCount, formatDuration, formatTable } from './figures.ts';
import { type JsonOption, jsonOption, wholeNumber, withExample } from './options.ts';
import { listenForStop } from './stop-signals.ts';

interface AblateCommandOptions extends JsonOption {
  readonly preset?: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly grid?: readonly string[];
  readonly arm?: readonly string[];
  readonly seeds: number;
  readonly steps?: number;
  readonly out: string;
  readonly metrics?: string;
  readonly count: number;
  readonly jobs: number;
  readonly everyCheckpoint?: true;
}

/** `sagan ablate` */
export function ablateCommand(): Command {
  const command = new Command('ablate')
    .summary('compare settings over several seeds')
    .description(
      'Train runs that differ in few settings, over several seeds; score them alike; and say which differ from the first ' +
        'arm by more than chance. Given again, the command goes on where it stopped.',
    )
    .option('--preset <name>', 'complete recipe that all arms begin from')
    .option('--data <dataset>', 'mnist, fashion-mnist:FOLDER, matching-pairs, a folder of images …')
    .option('--set <key=value>', 'change one setting of all arms; may be repeated', collect)
    .option('--grid <key=a,b,…>', 'values to compare; several make all combinations', collect)
    .option('--arm <settings>', 'one more arm, "key=value key=value" or "NAME: key=value"', collect)
    .option('--seeds <n>', 'runs of an arm', wholeNumber(1), 3)
    .option('--steps <n>', 'generator updates of a run', wholeNumber(1))
    .requiredOption('--out <folder>', 'folder of the runs, ARM/seed-N, and of ablation.json and .md')
    .option('--metrics <names>', 'fid, kid, is, fid-mnist, class-accuracy … (default: by the dataset)')
    .option('--count <n>', 'images that a score is taken of', wholeNumber(2), defaultScoreCount)
    .option('--jobs <n>', 'runs that train at a time, on one thread each', wholeNumber(1), 1)
    .option('--every-checkpoint', 'score the earlier checkpoints too, where keepCheckpoints keeps any')
    .addOption(jsonOption())
    .addHelpText('after', verdictHelp)
    .action(runAblate);
  return withExample(
    command,
    'sagan ablate --preset sagan-mnist-mini --grid attentionAt=none,8,16 --out runs/where',
    'sagan ablate --preset sagan-mnist-mini --arm batch=32 --arm "large: batch=64" --out runs/batch',
  );
}

const verdictHelp = `
Keys are options of the model, such as attentionAt, or paths into the config, such as
generator.learningRate. Where one holds a list, none is the empty list.

Verdicts: the arms are compared with the first in pairs of one seed, by a paired t-test (Student
1908). "better" and "worse" need p <= 0.05 after Holm's correction (1979) for the number of arms;
all else is "not distinguishable", which does not mean equal. With few seeds that is the rule.`;

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function runAblate(options: AblateCommandOptions): Promise<void> {
  const { set: settings, arm: arms, metrics, json, out, ...rest } = options;
  const stop = listenForStop(() =>
    console.error('stopping: the runs in training are saved; the same command goes on with them'),
  );
  const show = json ? showJson : showText();
  const ablation = await ablate({
    ...rest,
    out,
    settings,
    arms,
    metrics: metrics?.split(',').map((name) => name.trim()),
    signal: stop.signal,
    onEvent: show,
  });
  process.exitCode = stop.exitCode() ?? 0;
  if (ablation === undefined) return;
  if (json) console.log(JSON.stringify({ type: 'ablation', ...ablation }));
  else console.log(`${resultText(ablation)}\nwritten: ${join(out, 'ablation.json')}, ${join(out, 'ablation.md')}`);
}

function showJson(event: AblationEvent): void {
  if (event.type === 'planned') {
    const { plan, metrics } = event;
    console.log(JSON.stringify({ type: 'planned', arms: plan.arms, runs: plan.runs, metrics }));
  } else console.log(JSON.stringify(event));
}

const progressEveryMs = 10_000;

function showText(): (event: AblationEvent) => void {
  const startedAt = performance.now();
  let shownAt = startedAt;
  let [trained, toTrain] = [0, 0];
  return (event) => {
    if (event.type === 'planned') {
      const { arms, runs, steps } = event.plan;
      toTrain = runs.filter((run) => run.stepsDone !== run.steps).length;
      const rows = arms.map(({ name, parameters }) => [
        `  ${name}`,
        `G ${formatCount(parameters.generator)}`,
        `D ${formatCount(parameters.discriminator)}`,
      ]);
      console.log(
        `${arms.length} arms, ${runs.length} runs of ${formatCount(steps)} steps, ${toTrain} of them to train`,
      );
      console.log(formatTable(rows));
    } else if (event.type === 'step') {
      if (performance.now() < shownAt + progressEveryMs) return;
      shownAt = performance.now();
      const { run, step, stepsDone, stepsToDo } = event;
      const left = ((shownAt - startedAt) / 1000 / stepsDone) * (stepsToDo - stepsDone);
      console.log(
        `${run.arm} seed ${run.seed}: step ${step} of ${run.steps}; ${trained} of ${toTrain} runs done, ` +
          `${formatDuration(left)} left`,
      );
    } else if (event.type === 'trained') {
      trained++;
      const { run, step, reason } = event;
      if (reason !== 'steps') console.log(pc.yellow(`${run.arm} seed ${run.seed} ended at step ${step}: ${reason}`));
    } else {
      const { arm, seed, scores } = event.run;
      const words = Object.entries(scores).map(([name, score]) => `${name} ${score.toPrecision(4)}`);
      console.log(`${arm} seed ${seed}: ${words.join(', ')}`);
    }
  };
}

function resultText(ablation: Ablation): string {
  const { metrics } = ablation;
  const tables = metrics.flatMap((metric) => [
    pc.bold(metricTitle(metric)),
    formatTable([[...tableHeader], ...tableRows(ablation, metric)]),
    '',
  ]);
  return ['', ...tables, ...fineprint(ablation)].join('\n');
}
