/** What a new run is called, and the command that begins the same. */
import type { NewRun } from '../../../../src/server/api.ts';
import { shellWord } from '../../format.ts';

/** A name that is not taken yet: the preset's, numbered from 2. */
export function suggestName(preset: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? preset : `${preset}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** What is wrong with the name of a folder to make, if anything. */
export function nameProblem(name: string, taken: ReadonlySet<string>): string | undefined {
  if (taken.has(name)) return `A run ${name} is there already.`;
  if (!/^[\w][\w.-]*$/.test(name)) return 'Expected letters, digits, dots, - and _, and no dot or - at the start.';
  return name.length > 100 ? 'Expected 100 characters at most.' : undefined;
}

/** The command line that does the same. */
export function commandOf({ run, preset, data, settings }: NewRun, runsFolder: string): string {
  return [
    `sagan train --preset ${shellWord(preset)}`,
    ...(data === undefined ? [] : [`--data ${shellWord(data)}`]),
    `--out ${shellWord(`${runsFolder.replace(/\/$/, '')}/${run}`)}`,
    ...settings.map((setting) => `--set ${shellWord(setting)}`),
  ].join(' ');
}

/** Which settings a refusal is about: those whose path it names, with the line in which it does. */
export function problemsByPath(problem: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of problem.split('\n')) {
    const named = paths.filter((path) => new RegExp(`(^|[^\\w.])${escaped(path)}($|[^\\w.]|\\.(\\s|$))`).test(line));
    // `data` would be named by every line about `data.resolution`; the longest path is meant.
    const path = named.toSorted((one, other) => other.length - one.length)[0];
    if (path !== undefined && !found.has(path)) found.set(path, line.trim());
  }
  return found;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
