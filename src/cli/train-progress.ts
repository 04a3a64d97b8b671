/** How far a run is and how fast it goes, from its events. */

import type { StepEvent } from '../api/train-run.ts';
import { formatBytes, formatDuration } from './figures.ts';

/** Speed is that of this many steps, so that it follows a machine that becomes busy. */
const windowSteps = 50;

export interface Progress {
  readonly step: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

/** Measures the speed over the latest steps, by the clock: what sheets and checkpoints take is part of it. */
export class ProgressMeter {
  private readonly totalSteps: number;
  private readonly imagesPerStep: number;
  private readonly marks: { readonly step: number; readonly atMs: number }[] = [];

  constructor(totalSteps: number, imagesPerStep: number) {
    this.totalSteps = totalSteps;
    this.imagesPerStep = imagesPerStep;
  }

  /** Takes note of a step that took `ms` and ended at `atMs`. */
  add(step: number, ms: number, atMs: number): Progress {
    if (this.marks.length === 0) this.marks.push({ step: step - 1, atMs: atMs - ms });
    this.marks.push({ step, atMs });
    if (this.marks.length > windowSteps + 1) this.marks.shift();
    const [first] = this.marks;
    const stepsPerMs = first === undefined ? 0 : (step - first.step) / Math.max(1e-3, atMs - first.atMs);
    return {
      step,
      imagesPerSecond: 1000 * stepsPerMs * this.imagesPerStep,
      secondsLeft: (this.totalSteps - step) / (1000 * stepsPerMs),
    };
  }
}

const barWidth = 24;

/** Bar, share, step, speed and time left on one line; losses and memory on the other. */
export function statusLines(event: StepEvent, progress: Progress, totalSteps: number, rssBytes: number): string[] {
  const share = event.step / totalSteps;
  const filled = Math.floor(share * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const percent = `${Math.floor(100 * share)} %`.padStart(5);
  return [
    `${bar} ${percent}  ${formatPace(event, progress, totalSteps)}`,
    `${formatLosses(event)}, ${formatMemory(rssBytes)}`,
  ];
}

/** All of it on one line, for logs. */
export function plainLine(event: StepEvent, progress: Progress, totalSteps: number, rssBytes: number): string {
  return `${formatPace(event, progress, totalSteps)}, ${formatLosses(event)}, ${formatMemory(rssBytes)}`;
}

function formatPace({ step }: StepEvent, { imagesPerSecond, secondsLeft }: Progress, totalSteps: number): string {
  const speed = imagesPerSecond >= 10 ? imagesPerSecond.toFixed(0) : imagesPerSecond.toFixed(1);
  return `step ${step} of ${totalSteps}, ${speed} images/s, ${formatDuration(secondsLeft)} left`;
}

function formatLosses({ lossD, lossG }: StepEvent): string {
  return `lossD ${lossD.toFixed(3)}, lossG ${lossG.toFixed(3)}`;
}

function formatMemory(rssBytes: number): string {
  return `memory ${formatBytes(rssBytes)}`;
}
