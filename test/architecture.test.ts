/** The order of the rooms, and the rules of the house that no linter knows, read from the source itself. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** What each room may import from. */
const below: Readonly<Record<string, readonly string[]>> = {
  base: [],
  engine: ['base'],
  nn: ['base', 'engine'],
  gan: ['base', 'engine', 'nn'],
  // Of the engine these two know what a tensor is, and nothing else.
  data: ['base', 'engine/ir'],
  store: ['base', 'engine/ir'],
  weights: ['base', 'engine/ir', 'store'],
  picture: ['base'],
  train: ['base', 'engine', 'nn', 'gan', 'data', 'store'],
  metrics: ['base', 'engine', 'nn', 'gan', 'data', 'store', 'weights'],
  sample: ['base', 'engine', 'nn', 'gan', 'data', 'store', 'picture'],
  inspect: ['base', 'engine', 'nn', 'gan', 'data', 'store', 'picture'],
  api: ['base', 'engine', 'nn', 'gan', 'data', 'store', 'weights', 'picture', 'train', 'metrics', 'sample', 'inspect'],
  compute: ['base', 'engine', 'gan', 'data', 'store', 'picture', 'train', 'sample', 'inspect', 'api'],
  // It owns no computation: of the compute process it knows how to talk to it.
  server: ['base', 'store', 'compute'],
  cli: ['base', 'engine', 'gan', 'data', 'store', 'weights', 'train', 'metrics', 'sample', 'inspect', 'api', 'server'],
};

interface SourceFile {
  /** From `src`, with `/`. */
  readonly path: string;
  readonly text: string;
}

const files: readonly SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ path: file.split(sep).join('/'), text: readFileSync(join(source, file), 'utf8') }));
const shipped = files.filter(({ path }) => !path.endsWith('.test.ts'));

const roomOf = (path: string) => path.split('/')[0] ?? '';

/** Files of `src` that a file imports, statically, for types, or with `import()`. */
function importsOf({ path, text }: SourceFile): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g)].map(
    ([, specifier = '']) => specifier,
  );
  return specifiers.map((specifier) =>
    normalize(join(dirname(path), specifier))
      .split(sep)
      .join('/'),
  );
}

test('imports go from a room to the rooms below it, so there is no cycle', () => {
  assert.ok(shipped.flatMap(importsOf).length > 300, 'the import statements were found');
  assert.deepEqual(
    [...new Set(shipped.map(({ path }) => roomOf(path)))].filter((room) => room !== 'index.ts').sort(),
    Object.keys(below).sort(),
  );
  const wrong = shipped.flatMap((file) => {
    const room = roomOf(file.path);
    const isAllowed = (target: string) =>
      roomOf(target) === room ||
      (below[room] ?? Object.keys(below)).some((allowed) => target.startsWith(`${allowed}/`));
    return importsOf(file)
      .filter((target) => !isAllowed(target))
      .map((target) => `${file.path} → ${target}`);
  });
  assert.deepEqual(wrong, []);
  const order = Object.keys(below);
  for (const [room, rooms] of Object.entries(below)) {
    for (const lower of rooms)
      assert.ok(order.indexOf(lower.split('/')[0] ?? '') < order.indexOf(room), `${lower} < ${room}`);
  }
});

test('the library does not import the command line', () => {
  const entry = shipped.find(({ path }) => path === 'index.ts');
  assert.ok(entry !== undefined && importsOf(entry).every((target) => roomOf(target) !== 'cli'));
});

test('files are short', () => {
  const long = files.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path);
  assert.deepEqual(long, []);
});

/** The one file that may start another program: whatever opens a web address. */
const browserOpener = 'cli/open-browser.ts';

for (const [rule, pattern, ...exceptions] of [
  ['no default export', /^export default\b/m],
  ['no any', /[:<,|&]\s*any\b(?!['\w ])|\bas any\b/],
  ['no way round the type checker', /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|\bas unknown as\b/],
  ['no import of a computed name', /\bimport\(\s*(?!['"])/],
  ['no code from text', /\beval\(|\bnew Function\(/],
  // `fork` starts Node itself, without a shell.
  [
    'no shell, and no program but Node',
    /\bexec(?:Sync|File|FileSync)?\(|(?<!\{ (?:type ChildProcess, )?fork \} from )['"](?:node:)?child_process['"]/,
    browserOpener,
  ],
] as const) {
  test(rule, () => {
    const isException = (path: string) => exceptions.some((exception) => exception === path);
    // A regular expression's own exec is no shell.
    const seen = shipped
      .filter(({ path }) => !isException(path))
      .filter(({ text }) => pattern.test(text.replaceAll(/[/\w)]\.exec\(/g, '')))
      .map(({ path }) => path);
    assert.deepEqual(seen, []);
  });
}

test('what opens the browser starts a program by its name, with an address as one argument, and no shell', () => {
  const { text = '' } = shipped.find(({ path }) => path === browserOpener) ?? {};
  assert.deepEqual([...text.matchAll(/import .*/g)].map(String), ["import { spawn } from 'node:child_process';"]);
  assert.deepEqual([...text.matchAll(/\bspawn\(.*/g)].map(String), [
    "spawn(program, [...args, new URL(address).href], { stdio: 'ignore', detached: true });",
  ]);
});
