/** Every document against the house: links and anchors lead somewhere, and scripts, commands, options and imports exist. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { commands } from '../src/cli/commands.ts';
import { presets } from '../src/train/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const notOurs = new Set(['node_modules', 'dist', 'runs', 'coverage']);
const modules: Readonly<Record<string, string>> = { sagan: './src/index.ts', 'sagan/engine': './src/engine/index.ts' };
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

function documentsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || notOurs.has(entry.name)) return [];
    return entry.isDirectory() ? documentsBelow(path) : entry.name.endsWith('.md') ? [path] : [];
  });
}

const withoutBlocks = (text: string) => text.replaceAll(/^```.*?^```$/gms, '');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, ...groups]) => groups);

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  return matches(withoutBlocks(readFileSync(file, 'utf8')), /^#+ (.+)$/gm).map(([heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const documents = documentsBelow(root);
assert.ok(documents.length >= 9, `${documents.length} documents were found`);

for (const file of documents) {
  const name = relative(root, file);
  const text = readFileSync(file, 'utf8');

  test(`${name}: every link leads to a file, and every anchor to a heading`, () => {
    for (const [link = ''] of matches(withoutBlocks(text), /\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : join(dirname(file), path);
      assert.ok(existsSync(target), `${link}: there is no such file`);
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${link}: there is no such heading`);
    }
  });

  test(`${name}: every script, command, option and preset that it names exists`, async () => {
    for (const [script = ''] of matches(text, /npm run ([\w:-]+)/g)) assert.ok(script in scripts, `npm run ${script}`);
    for (const [command = '', rest = ''] of matches(text, /(?:npx sagan |`sagan )([a-z]\w*)([^`\n]*)/g)) {
      const options = (await commands.get(command)?.())?.options.map(({ long }) => long);
      assert.ok(options, `sagan ${command}`);
      for (const [option = ''] of matches(rest, /(--[a-z-]+)/g)) {
        assert.ok(options.includes(option), `sagan ${command} ${option}`);
      }
    }
    const presetNames = presets.map((preset) => preset.name);
    const named =
      /(?:--preset |`)((?:[a-z]*gan)-[a-z0-9-]*(?:mnist|cifar10|imagenet|faces|images)\b[a-z0-9-]*)(?![\w.-])/g;
    for (const [preset = ''] of matches(text, named)) {
      assert.ok(presetNames.includes(preset), `the preset ${preset}`);
    }
  });

  test(`${name}: its programs import only what exists, and what it quotes stands in the source`, async () => {
    for (const [program = ''] of matches(text, /^```ts\n(.*?)^```$/gms)) {
      for (const [names = '', from = ''] of matches(program, /^import \{([^}]*)\} from '([^']+)'/gm)) {
        const path = modules[from] ?? from;
        const exported = Object.keys(await import(path.startsWith('.') ? pathToFileURL(join(root, path)).href : path));
        for (const imported of names.split(',').map((one) => one.trim())) {
          assert.ok(exported.includes(imported), `${from} has no ${imported}`);
        }
      }
      const [source, quoted = ''] = matches(program, /^\/\/ (src\/\S+)\n(.*)/gs)[0] ?? [];
      if (source !== undefined) assert.ok(readFileSync(join(root, source), 'utf8').includes(quoted), `from ${source}`);
    }
  });
}
