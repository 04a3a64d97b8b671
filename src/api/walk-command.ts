/** The command that draws what somebody is looking at. */

import { formatClasses, formatPoint, type Traversal } from '../sample/index.ts';
import type { WalkRequest } from './walk.ts';

export interface CommandOptions {
  /** Step of the checkpoint. */
  readonly checkpoint: number | 'best';
  /** File name, which decides on the format. */
  readonly out: string;
  readonly framesPerSecond?: number | undefined;
  readonly enlarge?: number | undefined;
}

/** `sagan walk …`, which draws the request again. `path` is the run's. */
export function walkCommand(path: string, request: WalkRequest, options: CommandOptions): string {
  const { points, classes, rows, traversals = [], columns = 1, frames, loop } = request;
  const { checkpoint, out, framesPerSecond, enlarge } = options;
  const list = (name: string, values: readonly (string | number)[] | undefined) =>
    values === undefined || values.length === 0 ? [] : [name, values.join(',')];
  const numbers = (what: Traversal['what']) => traversals.filter((t) => t.what === what).map(({ number }) => number);
  const words = [
    ...['sagan', 'walk', path],
    ...points.flatMap((point) => ['--point', formatPoint(point)]),
    ...list('--classes', classes?.map(formatClasses)),
    ...list('--rows', rows?.map(formatClasses)),
    ...list('--directions', numbers('direction')),
    ...list('--coordinates', numbers('coordinate')),
    ...(traversals[0] === undefined ? [] : ['--reach', `${traversals[0].reach}`]),
    ...(columns === 1 ? [] : ['--columns', `${columns}`]),
    ...['--frames', `${frames}`, loop ? '--loop' : '--no-loop'],
    ...(framesPerSecond === undefined ? [] : ['--fps', `${framesPerSecond}`]),
    ...(enlarge === undefined ? [] : ['--enlarge', `${enlarge}`]),
    ...['--checkpoint', `${checkpoint}`, '--out', out],
  ];
  return words.map(quoted).join(' ');
}

/** As a shell reads it back: in single quotes where it would understand something else. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
