/** The walk past the points that are kept: what is asked for, and how it plays. */

import type { TaskRequest } from '../../../../src/compute/tasks/index.ts';
import type { Point } from '../../points.ts';

export type WalkRequest = TaskRequest<'walk'>['walk'];

/** Sheets of frames beside each other are not to be wider: browsers cannot draw them. */
const widestSheet = 16_384;

/** A walk from point to point; `hasClasses` if the model has any. */
export function walkOf(
  points: readonly Point[],
  { hasClasses, frames, loop }: { readonly hasClasses: boolean; readonly frames: number; readonly loop: boolean },
): WalkRequest {
  const classes = points.map((point) => point.classes);
  const isOne = new Set(classes.map((of) => JSON.stringify(of))).size === 1;
  return {
    points: points.map(({ latent }) => latent),
    ...(hasClasses && { classes: isOne ? classes.slice(0, 1) : classes }),
    frames,
    loop,
  };
}

/** As many of the frames as can be played in place. */
export function playableFrames(frames: number, resolution: number): number {
  return Math.min(frames, Math.floor(widestSheet / resolution));
}

/** The frame after so many milliseconds; undefined when a walk that does not loop is over. */
export function frameAt(
  milliseconds: number,
  {
    frames,
    framesPerSecond,
    loops,
  }: { readonly frames: number; readonly framesPerSecond: number; readonly loops: boolean },
): number | undefined {
  const frame = Math.floor((milliseconds * framesPerSecond) / 1000);
  if (loops) return frame % frames;
  return frame < frames ? frame : undefined;
}

/** The list with an element one place further on, or back. */
export function shifted<Element>(all: readonly Element[], index: number, by: -1 | 1): readonly Element[] {
  const element = all[index];
  if (element === undefined || index + by < 0 || index + by >= all.length) return all;
  return all.toSpliced(index, 1).toSpliced(index + by, 0, element);
}
