/** Which of a run's sample sheets is shown. Sheets are named by their steps, which ascend. */

import type { RunDetail } from '../../../../src/server/api.ts';
import { nearestIndex } from '../../components/chart-data.ts';

/** The sheet to show: the one that was chosen, or the nearest to it; without a choice the newest. */
export function shownSheet(sheets: readonly number[], chosen: number | undefined): number | undefined {
  return chosen === undefined ? sheets.at(-1) : nearestSheet(sheets, chosen);
}

export function nearestSheet(sheets: readonly number[], step: number): number | undefined {
  const index = nearestIndex(sheets, step);
  return index === undefined ? undefined : sheets[index];
}

/**
 * What tells a sheet from the one of its step before the run went back, for its address; undefined where it never has. The newest
 * is told by its time, since the one from before may stand there until it is drawn again.
 */
export function sheetVersion(
  { events, newestSample, newestSampleAt }: Pick<RunDetail, 'events' | 'newestSample' | 'newestSampleAt'>,
  step: number,
): string | undefined {
  const returns = events.filter(({ type }) => type === 'resumed' || type === 'rollback').length;
  if (returns === 0) return undefined;
  return step === newestSample ? newestSampleAt : String(returns);
}

/** The choice `by` sheets on, held within the ends; undefined, which follows the newest, at the last. */
export function movedBy(sheets: readonly number[], chosen: number | undefined, by: number): number | undefined {
  const shown = shownSheet(sheets, chosen);
  if (shown === undefined) return undefined;
  return chosenAt(sheets, sheets.indexOf(shown) + by);
}

/** The choice of the sheet at an index, held within the ends; undefined, which follows the newest, at the last. */
export function chosenAt(sheets: readonly number[], index: number): number | undefined {
  return index >= sheets.length - 1 ? undefined : sheets[Math.max(0, index)];
}

/** What is shown next in a film that goes round. */
export function nextInLoop(sheets: readonly number[], shown: number | undefined): number | undefined {
  const index = shown === undefined ? -1 : sheets.indexOf(shown);
  return sheets[(index + 1) % sheets.length];
}

/** How many sheets are newer than the one that is shown. */
export function newerCount(sheets: readonly number[], chosen: number | undefined): number {
  const shown = shownSheet(sheets, chosen);
  return shown === undefined ? 0 : sheets.length - 1 - sheets.indexOf(shown);
}

/** At most `most` of the sheets, the first and the last among them, evenly spread. */
export function evenlyPicked(sheets: readonly number[], most: number): readonly number[] {
  if (sheets.length <= most) return sheets;
  const picked = Array.from({ length: most }, (_, i) => Math.round((i * (sheets.length - 1)) / Math.max(1, most - 1)));
  return picked.flatMap((index) => sheets[index] ?? []);
}

/**
 * Width of a sheet on the page, in CSS pixels: a whole number of the screen's pixels for each of the sheet's where there is
 * room, so that nothing is blurred; the room's width where there is less.
 */
export function crispWidth(sheetPixels: number, roomWidth: number, devicePixelRatio: number): number {
  const whole = Math.floor((roomWidth * devicePixelRatio) / sheetPixels);
  return whole >= devicePixelRatio ? (whole * sheetPixels) / devicePixelRatio : roomWidth;
}
