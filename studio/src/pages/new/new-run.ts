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
  return name.length > 80 ? 'Expected 80 characters at most.' : undefined;
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

/**
 * Which settings a refusal is about: of each of its lines the setting that it names first, and the line. A name without what it
 * belongs to is enough where only one setting has it.
 */
export function problemsByPath(problem: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of problem.split('\n')) {
    const path = firstNamed(line, paths, (whole) => whole) ?? firstNamed(line, onlyOnes(paths), lastName);
    if (path !== undefined && !found.has(path)) found.set(path, line.trim());
  }
  return found;
}

function firstNamed(line: string, paths: readonly string[], nameOf: (path: string) => string): string | undefined {
  const named = paths.map((path) => ({ path, at: line.search(wholePath(nameOf(path))) })).filter(({ at }) => at >= 0);
  return named.sort((one, other) => one.at - other.at)[0]?.path;
}

function onlyOnes(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => paths.filter((other) => lastName(other) === lastName(path)).length === 1);
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Finds a path that is not a part of a longer one; a point that ends the sentence is none of its own. */
function wholePath(path: string): RegExp {
  const escaped = path.replaceAll('.', '\\.');
  return new RegExp(`(?<![\\w.])${escaped}(?![\\w]|\\.\\w)`);
}
