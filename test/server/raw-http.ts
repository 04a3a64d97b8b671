/** Requests as bytes on a socket, to say what no browser and no library would. */

import { connect } from 'node:net';

/** All that a server answers to `text`, until the connection ends or `enough` has been said. */
export function converse(port: number, text: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let seen = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').on('data', (chunk) => {
      seen += chunk;
      if (enough?.test(seen)) socket.destroy();
    });
    // A server that refuses a request may well not read all of it.
    socket.on('error', () => {}).on('close', () => resolve(seen));
  });
}

/** A request with a body or none; the server's connection goes on after it. */
export function requestText(method: string, url: string, headers: readonly string[], body = ''): string {
  const length = body === '' && method === 'GET' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${method} ${url} HTTP/1.1`, ...headers, ...length, '', body].join('\r\n');
}

/** The statuses of requests that are sent one behind the other on one connection; `last` ends it. */
export async function statusesOf(port: number, requests: readonly string[], last: string): Promise<number[]> {
  const answers = await converse(port, [...requests, last].join(''));
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].slice(0, -1).map(([, status]) => Number(status));
}
