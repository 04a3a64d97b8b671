/**
 * Who may ask, decided before anything is looked up: any page that is open in the user's browser can send requests to this machine, and
 * any user of the machine can too. The checks, in their order:
 *
 * 1. the address: nothing that two programs could read in two ways (400);
 * 2. `Host`: one of the studio's own, exactly; a page whose name leads here by a trick of DNS says its own (403);
 * 3. `Sec-Fetch-Site`, if the browser tells: the studio's own pages, or the user who types an address (403);
 * 4. `Origin`, if there is one: the studio's own (403);
 * 5. `/?token=…`: the token is exchanged for a cookie, and the browser sent on to the address without it;
 * 6. the cookie (403);
 * 7. the method: GET, POST or DELETE (405);
 * 8. whatever changes something comes as JSON, which no form of another page can send (415), and not too long (413).
 *
 * test/server/gate-table.ts is all of it as a table.
 */

import { mostBodyBytes, tooLong } from './body.ts';
import type { Keys } from './keys.ts';
import { Refusal } from './refusal.ts';
import type { Client } from './stream.ts';

/** HEAD is none of them: it would begin a stream that nobody follows. */
export const methods: readonly string[] = ['GET', 'POST', 'DELETE'];

/** A request as Node hands it over, `url` being what stands in its first line. */
export interface AskedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

export interface Exchange {
  readonly cookie: string;
  /** Where the browser is sent. */
  readonly location: string;
}

export interface Gate {
  /** What `Host` may say: `127.0.0.1:4400`. */
  readonly hosts: readonly string[];
  readonly keys: Keys;
}

/** Lets a request in, as the client that it comes from; or exchanges its token. Throws Refusal. */
export function admit(request: AskedRequest, { hosts, keys }: Gate): Client | Exchange {
  const { method = '', url = '' } = request;
  const header = (name: string) => onlyValue(request.rawHeaders, name);
  checkAddress(url);

  const host = header('host');
  if (host === undefined || !hosts.includes(host)) {
    throw new Refusal(403, `This studio answers at http://${hosts.join(' and http://')}, and under no other name.`);
  }
  const site = header('sec-fetch-site');
  const isTyped = site === 'none' && method === 'GET' && header('sec-fetch-mode') === 'navigate';
  const origin = header('origin');
  if (
    (site !== undefined && site !== 'same-origin' && !isTyped) ||
    (origin !== undefined && origin !== `http://${host}`)
  ) {
    throw new Refusal(
      403,
      'Only the studio’s own pages may ask it. If you followed a link to it, copy the address into the address bar instead.',
    );
  }

  const [path = '', ...rest] = url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  const token = query.get('token');
  if (method === 'GET' && path === '/' && token !== null) {
    const cookie = keys.exchange(token);
    if (cookie === undefined) throw notLetIn();
    query.delete('token');
    return { cookie, location: query.size === 0 ? '/' : `/?${query}` };
  }
  const client = keys.clientOf(header('cookie') ?? '');
  if (client === undefined) throw notLetIn();

  if (!methods.includes(method)) throw new Refusal(405, `The studio takes ${methods.join(', ')}, and nothing else.`);
  if (method !== 'GET' && !/^application\/json(; ?charset=utf-8)?$/i.test(header('content-type') ?? '')) {
    throw new Refusal(415, 'The studio takes JSON alone: send it with "Content-Type: application/json".');
  }
  if (Number(header('content-length') ?? 0) > mostBodyBytes) throw tooLong();
  return client;
}

function notLetIn(): Refusal {
  return new Refusal(
    403,
    'This is a Sagan studio, and this browser has not been let in. Open the address that the studio printed when it ' +
      'was started: it ends in a token. A studio that was started anew has a new one.',
  );
}

function onlyValue(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  if (values.length > 1) throw new Refusal(400, `The request has the header "${name}" twice; at most one is expected.`);
  return values[0];
}

/** Throws Refusal for an address that is not one plain path of whole segments, with a query or none. */
function checkAddress(url: string): void {
  const [path = ''] = url.split('?');
  const segments = path.split('/').slice(1).map(decoded);
  // Control characters, and separators that were hidden by encoding.
  const isOdd = (segment: string | undefined) =>
    segment === undefined || segment === '.' || segment === '..' || /[\p{Cc}/\\]/u.test(segment);
  const isPlain = /^\/[\w\-.~!$&'()*+,;=:@%/?]*$/.test(url) && !path.includes('//');
  if (!isPlain || segments.some(isOdd))
    throw new Refusal(
      400,
      'The studio takes plain addresses only: nothing hidden by encoding, no empty segment, no dots alone.',
    );
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
