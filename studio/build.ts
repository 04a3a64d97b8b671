/** Bundles the studio's pages into a folder: `tsx studio/build.ts dist/studio`. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Writes index.html, main.js and main.css into `folder`. */
export async function buildStudio(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(here, 'src/main.tsx')],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'linked',
    logLevel: 'warning',
  });
  cpSync(join(here, 'index.html'), join(folder, 'index.html'));
}

const [script, folder] = process.argv.slice(1);
if (script === fileURLToPath(import.meta.url)) {
  if (folder === undefined) throw new Error('expected the folder to build into: tsx studio/build.ts dist/studio');
  await buildStudio(folder);
}
