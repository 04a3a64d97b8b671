/** Where the studio listens, and the names that it answers to. */

import type { Server } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UserError } from '../base/errors.ts';

const usualPort = 4400;
const portsTried = 20;
const loopback: readonly string[] = ['127.0.0.1', 'localhost', '::1'];
/** All of the machine's addresses at once. */
const everywhere: readonly string[] = ['0.0.0.0', '::'];

export const isLoopback = (host: string) => loopback.includes(host);

/** What `Host` may say to a studio that listens at `host`, the name to show first. */
export function hostsOf(host: string, port: number): readonly string[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const reached = everywhere.includes(host)
    ? own.filter(({ scopeid }) => !scopeid).map(({ address }) => address)
    : [host];
  // Of all addresses those come first that are of use on another machine.
  const names = isLoopback(host) ? [host, ...loopback] : [...reached.filter((name) => !isLoopback(name)), ...loopback];
  return [...new Set(names.map((name) => authorityOf(name, port)))];
}

/** Listens at `port`; if none is asked for at 4400, or at the next that is free. Resolves with it. Throws UserError. */
export async function listen(server: Server, host: string, port: number | undefined): Promise<number> {
  const ports = port === undefined ? Array.from({ length: portsTried }, (_, n) => usualPort + n) : [port];
  for (const one of ports) {
    const failure = await listenAt(server, host, one);
    if (failure === undefined) {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : one;
    }
    if (failure.code !== 'EADDRINUSE') throw new UserError(cannotListen(host, one, failure));
  }
  if (port === undefined) {
    throw new UserError(
      `the ports ${usualPort} to ${usualPort + portsTried - 1} are all taken. Choose one with --port.`,
    );
  }
  const origin = `http://${authorityOf(host, port)}`;
  throw new UserError(
    (await isStudio(origin))
      ? `another studio runs at ${origin}. Open it by the address that it printed when it started, or choose another port.`
      : `port ${port} is taken by another program. Choose another with --port, or leave it out to have a free one found.`,
  );
}

/** `name:port` as a browser writes it in `Host`. */
const authorityOf = (name: string, port: number) =>
  new URL(`http://${isIP(name) === 6 ? `[${name}]` : name}:${port}`).host;

function listenAt(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onListening = () => {
      server.off('error', onError);
      resolve(undefined);
    };
    const onError = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening);
      resolve(error);
    };
    server.once('error', onError).once('listening', onListening).listen(port, host);
  });
}

function cannotListen(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') return `port ${port} is not for programs of users. Choose one from 1024 up with --port.`;
  return `the studio cannot listen at ${host}, port ${port}: ${message}. Expected a name or an address of this machine.`;
}

async function isStudio(origin: string): Promise<boolean> {
  try {
    const { headers } = await fetch(origin, { redirect: 'manual', signal: AbortSignal.timeout(1000) });
    return headers.get('server') === 'sagan-studio';
  } catch {
    return false;
  }
}
