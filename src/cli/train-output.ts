/** What a person or a program sees of a run in training: a status block, plain lines, or JSON. */

import pc from 'picocolors';
import type { StartedEvent, StepEvent, TrainEvent } from '../api/train-run.ts';
import type { Finding } from '../train/index.ts';
import { formatCount, formatDuration } from './figures.ts';
import { saganCommand } from './sagan-command.ts';
import { StatusBlock } from './status-block.ts';
import { ProgressMeter, plainLine, statusLines } from './train-progress.ts';
import type { TrainSummary } from './train-summary.ts';

/** Shows the events of a run as they come. */
export interface TrainOutput {
  decoding(done: number, total: number): void;
  show(event: TrainEvent): void;
  /** The last word; what is printed afterwards is not part of the display. */
  end(summary: TrainSummary, reason: EndReason): void;
}

export type EndReason = Extract<TrainEvent, { type: 'finished' }>['reason'];

type Print = (line: string) => void;

/** Every event as an object on a line of its own; the summary is the last. */
export function jsonOutput(print: Print): TrainOutput {
  const printJson = (value: object) => print(JSON.stringify(value));
  return {
    decoding: () => undefined,
    show(event) {
      if (event.type === 'started') printJson(startedJson(event));
      else if (event.type === 'samples') printJson({ type: event.type, step: event.step, path: event.path });
      else if (event.type === 'diverged') printJson({ type: event.type, step: event.step, error: event.error.message });
      else printJson(event);
    },
    end: (summary) => printJson(summary),
  };
}

function startedJson(event: StartedEvent): object {
  const { type, run, config, step, model, parameters, dataset, heldOut, report } = event;
  const { name, count, classNames } = dataset;
  return {
    type,
    run,
    step,
    steps: config.steps,
    preset: config.preset,
    seed: config.seed,
    batch: config.batch,
    model: model.name,
    parameters,
    dataset: { name, count, classNames, resolution: dataset.resolution, channels: dataset.channels },
    heldOut: heldOut?.count ?? 0,
    warnings: report?.warnings ?? [],
  };
}

/** A line every few seconds, and one for all that is not a step. */
export function plainOutput(print: Print, now: () => number = () => performance.now()): TrainOutput {
  const intervalMs = 5000;
  let printedAt = Number.NEGATIVE_INFINITY;
  const isDue = () => {
    if (now() - printedAt < intervalMs) return false;
    printedAt = now();
    return true;
  };
  return textOutput(print, now, {
    decoding: (text) => (isDue() ? print(text) : undefined),
    step(event, progress, totalSteps) {
      if (isDue() || event.step === totalSteps)
        print(plainLine(event, progress, totalSteps, process.memoryUsage.rss()));
    },
    end: () => undefined,
  });
}

/** A block of two lines that is kept up to date, and a line above it for all that is not a step. */
export function terminalOutput(stream: NodeJS.WriteStream, now: () => number = () => performance.now()): TrainOutput {
  const block = new StatusBlock(stream, now);
  return textOutput((line) => block.print(line), now, {
    decoding: (text) => block.update([text]),
    step: (event, progress, totalSteps) =>
      block.update(statusLines(event, progress, totalSteps, process.memoryUsage.rss())),
    end: () => block.end(),
  });
}

interface Display {
  decoding(text: string): void;
  step(event: StepEvent, progress: ReturnType<ProgressMeter['add']>, totalSteps: number): void;
  end(): void;
}

function textOutput(print: Print, now: () => number, display: Display): TrainOutput {
  let started: StartedEvent | undefined;
  let meter = new ProgressMeter(1, 1);
  return {
    decoding: (done, total) => display.decoding(`decoding images: ${formatCount(done)} of ${formatCount(total)}`),
    show(event) {
      switch (event.type) {
        case 'notice':
          return print(pc.yellow(`note: ${event.text}`));
        case 'started':
          started = event;
          meter = meterOf(event);
          return print(startedText(event));
        case 'step':
          return display.step(event, meter.add(event.step, event.ms, now()), started?.config.steps ?? event.step);
        case 'samples':
          return print(
            event.path === started?.firstSheet
              ? pc.bold(`first sample sheet: ${event.path}`)
              : `sample sheet: ${event.path}`,
          );
        case 'checkpoint':
          return print(`checkpoint: ${event.path}`);
        case 'evaluation':
          return print(evaluationText(event));
        case 'finding':
          return print(findingText(event));
        case 'cleared':
          return print(
            `step ${event.step}: no longer so: ${event.kind} of ${event.subject}, since step ${event.since}`,
          );
        case 'rollback':
          // Its steps and its speed begin anew.
          if (started !== undefined) meter = meterOf(started);
          return print(pc.yellow(rollbackText(event)));
        case 'paused':
          return print(pc.cyan(`paused after step ${event.step}; waiting to be continued or stopped`));
        case 'continued':
          // The pause is no part of its speed.
          if (started !== undefined) meter = meterOf(started);
          return print(pc.cyan(continuedText(event)));
        case 'learningRates':
          return print(
            pc.cyan(
              `learning rates from step ${event.step + 1} on: generator ${event.generator}, discriminator ${event.discriminator}`,
            ),
          );
        case 'refused':
          return print(pc.yellow(`note: a request was refused: ${event.reason}`));
        default:
          return;
      }
    },
    end(summary, reason) {
      display.end();
      print(endText(summary, reason));
    },
  };
}

function meterOf({ config }: StartedEvent): ProgressMeter {
  return new ProgressMeter(config.steps, config.batch * config.discriminatorSteps);
}

const severityColours = { advice: pc.cyan, warning: pc.yellow, collapse: pc.red } as const;

/** What is seen on the first line, its cause and what to do on two more. */
function findingText({ severity, step, since, seen, cause, suggestion }: Finding): string {
  const colour = severityColours[severity];
  const from = since === step ? '' : ` (since step ${since})`;
  return [colour(`${severity}, step ${step}${from}: ${seen}`), `  likely  ${cause}`, `  try     ${suggestion}`].join(
    '\n',
  );
}

function rollbackText({ step, from, branch, learningRateFactor }: Extract<TrainEvent, { type: 'rollback' }>): string {
  const rates = `learning rates × ${learningRateFactor ** branch}`;
  return `went back from step ${from} to step ${step}; going on with other random draws and ${rates} (return ${branch})`;
}

function continuedText({ step, pauseAt }: Extract<TrainEvent, { type: 'continued' }>): string {
  return `going on from step ${step}${pauseAt === undefined ? '' : `, to pause after step ${pauseAt}`}`;
}

function endText({ run, steps, seconds, checkpoint }: TrainSummary, reason: EndReason): string {
  const done = `${reason === 'steps' ? 'finished at' : 'stopped after'} step ${steps}, in ${formatDuration(seconds)}`;
  if (reason === 'collapsed') return `${done}: the run has collapsed, and watch.action says to stop`;
  if (reason === 'stopped') return `${done}; go on with: ${saganCommand()} train --resume ${run}`;
  return reason === 'diverged' || checkpoint === null
    ? done
    : `${done}; samples: ${saganCommand()} sample ${run} --out sheet.png`;
}

function startedText(event: StartedEvent): string {
  const { run, config, step, model, parameters, dataset, heldOut, report, firstSheet } = event;
  const { name, count, classNames, resolution, channels } = dataset;
  const { generator, discriminator } = parameters;
  const classes =
    !config.data.conditional || classNames.length === 0 ? 'without classes' : `${classNames.length} classes`;
  const stepsLeft = `steps ${step + 1} to ${config.steps}`;
  return [
    pc.bold(
      `${step === 0 ? 'training' : 'going on with'} ${run}${config.preset === undefined ? '' : ` (${config.preset})`}`,
    ),
    `  dataset  ${name}: ${formatCount(count)} images, ${resolution}×${resolution}×${channels}, ${classes}${heldOut === undefined ? '' : `; ${formatCount(heldOut.count)} held out`}`,
    ...(report?.warnings ?? []).map((warning) => pc.yellow(`           warning: ${warning}`)),
    ...leftOut(report),
    `  model    ${model.name}: generator ${formatCount(generator)} parameters, discriminator ${formatCount(discriminator)}`,
    `  plan     ${step >= config.steps ? `nothing left of ${config.steps} steps; --steps N asks for more` : stepsLeft}, batch ${config.batch}, seed ${config.seed}`,
    `           a sample sheet every ${config.sampleEverySteps} steps, a checkpoint every ${config.checkpointEverySteps}${evaluations(config)}`,
    ...(step >= config.steps ? [] : [`  soon     the first sample sheet, after step ${step + 1}: ${firstSheet}`]),
  ].join('\n');
}

/** `step 2000  fid-mnist 12.31  recognised-mnist 0.9721  best so far` */
function evaluationText({ step, scores, isBest }: Extract<TrainEvent, { type: 'evaluation' }>): string {
  const words = Object.entries(scores).map(([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`);
  return [`step ${step}`, ...words, ...(isBest ? [pc.green('best so far')] : [])].join('  ');
}

function evaluations({ evaluate: { everySteps, count } }: StartedEvent['config']): string {
  return everySteps === 0 ? '' : `, scores of ${formatCount(count)} samples every ${everySteps}`;
}

function leftOut(report: StartedEvent['report']): string[] {
  const [first, ...others] = report?.badFiles ?? [];
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : `, and ${formatCount(others.length)} more`;
  return [pc.yellow(`           warning: left out, as it cannot be read: ${first.path} (${first.reason})${more}`)];
}
