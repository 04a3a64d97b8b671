/** Starts a studio: its pages, its gate, the runs that it shows and the process that computes for it. */

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';
import { ComputeHost } from '../compute/host.ts';
import { hostsOf, isLoopback, listen } from './addresses.ts';
import { createApp } from './app.ts';
import { readAssets } from './assets.ts';
import { computeRoutes } from './compute-routes.ts';
import { Keys } from './keys.ts';
import { answerWith, createStudioServer } from './listener.ts';
import { runRoutes } from './runs/routes.ts';
import { Runs } from './runs/runs.ts';

export interface StudioOptions {
  /** Folder of the runs; it need not be there yet. */
  readonly runsFolder: string;
  /** Default: 4400, or the next that is free. 0: whichever the system gives. */
  readonly port?: number | undefined;
  /** A name or address of this machine. Default: 127.0.0.1, which no other machine can reach. */
  readonly host?: string | undefined;
  /** Whether `host` may be one that other machines reach. */
  readonly isRemoteAllowed?: boolean | undefined;
  /** Folder of the built pages. Default: the package's own. */
  readonly assetsFolder?: string | undefined;
}

export interface RunningStudio {
  /** `http://127.0.0.1:4400`. */
  readonly origin: string;
  /** What the user opens, with the token: whoever has it may do all that the studio can. */
  readonly address: string;
  /** The same with a token that is good once, for the arguments of a command, which other users of the machine can see. */
  addressForOnce(): string;
  /** Ends the server and the compute process. Runs that train go on: they are processes of their own. */
  close(): Promise<void>;
}

/**
 * Starts a studio and resolves when it answers.
 *
 * throws  UserError if the port is taken, the host is not this machine's or is reached by others without leave, the runs' folder is
 *         a file, or the pages have not been built
 */
export async function startStudio(options: StudioOptions): Promise<RunningStudio> {
  const { runsFolder, port, host = '127.0.0.1', isRemoteAllowed = false } = options;
  if (!isLoopback(host) && !isRemoteAllowed) {
    throw new UserError(
      `--host ${host} would let other machines reach the studio. Add --allow-remote if that is meant; better is a tunnel: ssh -L 4400:127.0.0.1:4400 MACHINE.`,
    );
  }
  if (statSync(runsFolder, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UserError(`${runsFolder}: is a file. Expected a folder of runs, or a path where one can be made.`);
  }
  const assets = readAssets(options.assetsFolder ?? fileURLToPath(new URL('../../dist/studio', import.meta.url)));
  const server = createStudioServer();
  const boundPort = await listen(server, host, port);
  const hosts = hostsOf(host, boundPort);
  const keys = new Keys(boundPort);

  const runs = await Runs.open({ folder: resolve(runsFolder), cli: commandLine() });
  const compute = new ComputeHost();
  const folderOf = (name: string) => runs.find(name).path;
  const routes = [runRoutes(runs), computeRoutes({ host: compute, runsFolder: runs.folder, folderOf })];
  answerWith(server, createApp({ routes, assets }), { hosts, keys });

  const origin = `http://${hosts[0]}`;
  return {
    origin,
    address: `${origin}/?token=${keys.token}`,
    addressForOnce: () => `${origin}/?token=${keys.issueTicket()}`,
    async close() {
      runs.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, compute.close()]);
    },
  };
}

/** The file that is the command line, the same from src and from dist. */
function commandLine(): string {
  return fileURLToPath(import.meta.url).replace(/server(.)start\.(\w+)$/, 'cli$1main.$2');
}
