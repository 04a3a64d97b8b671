/** A studio for tests: the real gate, server and routes, on any port, with a folder of runs of its own. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComputeHost } from '../../src/compute/host.ts';
import { hostsOf, listen } from '../../src/server/addresses.ts';
import { createApp, type Routes, type StudioApp } from '../../src/server/app.ts';
import { readAssets } from '../../src/server/assets.ts';
import { computeRoutes } from '../../src/server/compute-routes.ts';
import type { Gate } from '../../src/server/gate.ts';
import { Keys } from '../../src/server/keys.ts';
import { answerWith, createStudioServer } from '../../src/server/listener.ts';
import { runRoutes } from '../../src/server/runs/routes.ts';
import { Runs } from '../../src/server/runs/runs.ts';

export interface StudioServer {
  readonly app: StudioApp;
  readonly gate: Gate;
  readonly server: Server;
  readonly port: number;
  /** What a browser sends that has been let in. */
  readonly headers: { readonly Host: string; readonly Cookie: string };
  /** Holds `runs` and, beside it, a file that nobody is to see. */
  readonly folder: string;
  close: () => Promise<void>;
}

export const secretWords = 'these words stand in a file that nobody is to see';
const page = '<!doctype html><title>The page</title>';

/** With routes beside the studio's own; `patienceMs` is how long a client may be slow. */
export async function openStudioServer(more: readonly Routes[] = [], patienceMs?: number): Promise<StudioServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-studio-'));
  const runsFolder = join(folder, 'runs');
  mkdirSync(join(runsFolder, 'first'), { recursive: true });
  for (const place of ['secret.txt', 'secret.html', 'runs/secret.json', 'runs/first/config.json']) {
    writeFileSync(join(folder, place), secretWords);
  }
  mkdirSync(join(folder, 'pages'));
  for (const [name, text] of [
    ['index.html', page],
    ['main.js', 'export {};'],
    ['main.css', 'p {}'],
    ['notes.secret', secretWords],
  ] as const) {
    writeFileSync(join(folder, 'pages', name), text);
  }
  const runs = await Runs.open({ folder: runsFolder, cli: join(folder, 'none.js') });
  const compute = new ComputeHost();
  const app = createApp({
    routes: [
      runRoutes(runs),
      computeRoutes({ host: compute, runsFolder, folderOf: (name) => runs.find(name).path }),
      ...more,
    ],
    assets: readAssets(join(folder, 'pages')),
  });
  const server = createStudioServer(patienceMs);
  const port = await listen(server, '127.0.0.1', 0);
  const keys = new Keys(port);
  const gate = { hosts: hostsOf('127.0.0.1', port), keys };
  answerWith(server, app, gate);
  const Cookie = keys.exchange(keys.token)?.split(';')[0] ?? '';
  return {
    app,
    gate,
    server,
    port,
    headers: { Host: `127.0.0.1:${port}`, Cookie },
    folder,
    close: async () => {
      runs.close();
      server.close();
      server.closeAllConnections();
      await compute.close();
      rmSync(folder, { recursive: true });
    },
  };
}
