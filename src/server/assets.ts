/** The application's files, read once at start: a request can name one of them, and never a path. */

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { Refusal } from './refusal.ts';

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Media type. */
  readonly type: string;
}

/** By address, such as `/main.js`. */
export type Assets = ReadonlyMap<string, Asset>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** The files of the built application in `folder`. Throws UserError if it has not been built. */
export function readAssets(folder: string): Assets {
  const assets = new Map<string, Asset>();
  for (const name of filesIn(folder)) {
    const type = types[extname(name)];
    if (type !== undefined) assets.set(`/${name}`, { bytes: new Uint8Array(readFileSync(join(folder, name))), type });
  }
  if (assets.has('/index.html')) return assets;
  throw new UserError(
    `${folder}: the studio's pages are not there, as they have not been built. Run \`npm run build\`.`,
  );
}

/** The file at `path`; for every address of a page, such as `/runs/first`, index.html. Throws Refusal (404) if a file is asked for that is not there. */
export function pageAt(assets: Assets, path: string): Asset {
  const asset = assets.get(path) ?? (types[extname(path)] === undefined ? assets.get('/index.html') : undefined);
  if (asset === undefined) throw new Refusal(404, 'The studio has no such file.');
  return asset;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
