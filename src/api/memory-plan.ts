/** Whether a training step fits into the machine's memory, said before the first. */

import { freemem, totalmem } from 'node:os';
import { UserError } from '../base/errors.ts';
import type { PassSelection } from '../engine/index.ts';
import type { Phases, StepOptions } from '../gan/index.ts';
import { costOfStep } from '../inspect/index.ts';

/** How far a step may be from its estimate, as a share of it. */
const uncertainty = 0.25;

/**
 * Bytes that this process may come to hold: what it has and what the system can still give it, or the limit of its
 * container (cgroups of either version) where that is lower. Where the system is not Linux, all of its memory counts.
 */
export function availableBytes(): number {
  // On Linux Node reads MemAvailable, in which caches that can be given up count as free.
  const reachable = process.platform === 'linux' ? freemem() + process.memoryUsage.rss() : totalmem();
  return Math.min(reachable, process.constrainedMemory() || reachable);
}

/** A training step, and the rewrites that it is run with. */
export interface PlannedStep {
  readonly step: StepOptions;
  readonly passes: PassSelection;
  /** Its programs, where they will be needed anyway. */
  readonly traced?: () => Phases;
}

/**
 * Compares what a training step needs on the CPU with what there is. Returns a notice if it may not fit, and undefined if
 * it does. `where` names the config; `isFixed` tells that its batch cannot be changed any more.
 *
 * Throws UserError with the largest batch that surely fits, if this one surely does not.
 */
export function checkMemory(
  planned: PlannedStep,
  where: string,
  isFixed: boolean,
  available = availableBytes(),
): string | undefined {
  const needed = neededBytes(planned, available * (1 + uncertainty));
  if (needed < available * (1 - uncertainty)) return undefined;
  const found =
    `${where}: a training step with batches of ${planned.step.batch} needs about ${gigabytes(needed)} of memory, and ` +
    `${gigabytes(available)} are available`;
  if (needed <= available * (1 + uncertainty)) {
    return `${found}, which may be too little. If the system ends the run or slows down, choose a smaller batch.`;
  }
  const ways = waysToFit(planned, available * (1 - uncertainty));
  const advice =
    ways.length === 0
      ? 'No batch surely fits: choose narrower networks, or a machine with more memory.'
      : isFixed
        ? `A resumed run keeps its batch: go on where there is more memory, or begin a new run with ${ways.join(', or ')}.`
        : `Pass ${ways.join(', or ')}.`;
  throw new UserError(`${found}; expected a step that fits. ${advice} With --ignore-memory it is tried all the same.`);
}

/** Images that are passed through the networks at once. */
function pieceSizeOf({ batch, accumulation = 1 }: StepOptions): number {
  return batch / accumulation;
}

/** A piece whose program is soon traced; that of a thousand times as many images alone could fill the memory. */
const quickSize = 2048;

/**
 * Bytes that a step needs. Where a part of its batch needs more than `limit` already, which is looked at first, only about
 * so: in proportion to that.
 */
function neededBytes(planned: PlannedStep, limit: number): number {
  const size = pieceSizeOf(planned.step);
  for (let part = quickSize; part < size; part *= 2) {
    const bytes = bytesOfPiece(planned, part);
    if (bytes > limit) return (bytes * size) / part;
  }
  return costOfStep(planned.step, planned.passes, planned.traced?.()).processBytes;
}

function bytesWith({ step, passes }: PlannedStep, changes: Partial<StepOptions>): number {
  return costOfStep({ ...step, ...changes }, passes).processBytes;
}

function bytesOfPiece(planned: PlannedStep, size: number): number {
  return bytesWith(planned, { batch: size * (planned.step.accumulation ?? 1) });
}

function waysToFit(planned: PlannedStep, available: number): string[] {
  const batch = largestBatch(planned, available);
  if (batch === undefined) return [];
  const accumulation = fewestPieces(planned, available, pieceSizeOf({ ...planned.step, batch }));
  return [
    `--batch ${batch}, the largest that surely fits`,
    ...(accumulation === undefined ? [] : [`--set accumulation=${accumulation}, which keeps the batch and cuts it up`]),
  ];
}

/**
 * The largest batch, up to that of `planned`, with which its step takes at most `available` bytes, if there is one. As gaps
 * between pieces of memory come and go with the batch, a few larger ones may fit again; the next one does not.
 */
export function largestBatch(planned: PlannedStep, available: number): number | undefined {
  const { batch, accumulation = 1 } = planned.step;
  const largest = pieceSizeOf(planned.step);
  const measured = (size: number) => ({ size, bytes: bytesOfPiece(planned, size) });
  let low = measured(1);
  if (low.bytes > available) return undefined;
  let high = measured(Math.min(largest, quickSize));
  while (high.bytes <= available) {
    if (high.size === largest) return batch;
    low = high;
    high = measured(Math.min(largest, 2 * high.size));
  }
  for (let turn = 0; high.size - low.size > 1; turn++) {
    // Memory grows with the batch nearly on a line, so its crossing is soon found; halving in turn keeps the worst short.
    const share = turn % 2 === 0 ? (available - low.bytes) / (high.bytes - low.bytes) : 0.5;
    const guess = low.size + Math.floor(share * (high.size - low.size));
    const middle = measured(Math.min(high.size - 1, Math.max(low.size + 1, guess)));
    if (middle.bytes <= available) low = middle;
    else high = middle;
  }
  return low.size * accumulation;
}

/** A step in more pieces would take hours. */
const mostPieces = 1024;

/** The smallest accumulation with which the whole batch, in pieces of at most `largest`, takes at most `available` bytes. */
function fewestPieces(planned: PlannedStep, available: number, largest: number): number | undefined {
  const { batch, generatorBatch = batch } = planned.step;
  for (let pieces = Math.ceil(batch / largest); pieces <= Math.min(batch, mostPieces); pieces++) {
    const isEven = batch % pieces === 0 && generatorBatch % pieces === 0;
    if (isEven && bytesWith(planned, { accumulation: pieces }) <= available) return pieces;
  }
  return undefined;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
