/** A server of Node that asks the gate first, and the application then. */

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Problem } from './api.ts';
import type { StudioApp } from './app.ts';
import { admit, type Gate, methods } from './gate.ts';
import { setSecurityHeaders } from './headers.ts';
import { problemOf } from './refusal.ts';
import type { Client } from './stream.ts';

const mostConnections = 256;
const mostHeaderBytes = 16 * 1024;
/** How long a client may take to send a request, and to take in what is sent to it. */
const mostPatienceMs = 30_000;

/** A server that neither listens nor answers yet. `patienceMs` is how long a client may be slow. */
export function createStudioServer(patienceMs: number = mostPatienceMs): Server {
  const server = createServer({
    maxHeaderSize: mostHeaderBytes,
    headersTimeout: patienceMs,
    requestTimeout: patienceMs,
    connectionsCheckingInterval: patienceMs / 10,
    // The gate refuses a request without a host in words.
    requireHostHeader: false,
  });
  server.maxConnections = mostConnections;
  dropSlowClients(server, patienceMs);
  return server;
}

/** Answers what comes to the server: whoever the gate lets in, by the application. */
export function answerWith(server: Server, app: StudioApp, gate: Gate): void {
  const clients = new WeakMap<object, Client>();
  const answer = getRequestListener(
    (request, { incoming }) => {
      const client = clients.get(incoming);
      return client === undefined ? new Response(null, { status: 403 }) : app.fetch(request, { client });
    },
    { overrideGlobalObjects: false },
  );
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    setSecurityHeaders(outgoing, incoming.url ?? '');
    try {
      const admitted = admit(incoming, gate);
      if ('cookie' in admitted) {
        const { cookie, location } = admitted;
        outgoing.writeHead(303, { 'Set-Cookie': cookie, Location: location, 'Content-Length': 0 }).end();
      } else {
        clients.set(incoming, admitted);
        void answer(incoming, outgoing);
      }
    } catch (error) {
      refuse(incoming, outgoing, error);
    }
  });
}

/** Answers with the problem: as a page, if it is one that was asked for. */
function refuse(incoming: IncomingMessage, outgoing: ServerResponse, error: unknown): void {
  const { status, problem } = problemOf(error);
  const wantsPage = incoming.headers.accept?.includes('text/html') ?? false;
  const body = wantsPage ? pageOf(`${STATUS_CODES[status]}`, problem) : JSON.stringify({ problem } satisfies Problem);
  const type = wantsPage ? 'text/html; charset=utf-8' : 'application/json';
  if (status === 405) outgoing.setHeader('Allow', methods.join(', '));
  // A body that is too long is not waited for.
  if (status === 413) outgoing.setHeader('Connection', 'close');
  outgoing.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/** `problem` is of the gate's own words, and holds nothing of the request. */
function pageOf(title: string, problem: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Sagan studio</title>
<h1>${title}</h1>
<p>${problem}</p>
</html>
`;
}

/** Ends connections that have had something to take in for so long and have taken nothing. */
function dropSlowClients(server: Server, patienceMs: number): void {
  const sockets = new Map<Socket, { taken: number; sinceMs: number }>();
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, { taken: 0, sinceMs: performance.now() });
    socket.once('close', () => sockets.delete(socket));
  });
  const look = setInterval(() => {
    const nowMs = performance.now();
    for (const [socket, seen] of sockets) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || taken !== seen.taken) sockets.set(socket, { taken, sinceMs: nowMs });
      else if (nowMs - seen.sinceMs > patienceMs) socket.destroy();
    }
  }, patienceMs / 10);
  look.unref();
  server.once('close', () => clearInterval(look));
}
