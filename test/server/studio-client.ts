/** A client of a studio for tests: what may be asked of it, what it must refuse, and its events read as a page reads them. */

import assert from 'node:assert/strict';

export interface Call {
  readonly path: string;
  /** Default: GET. */
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const get = (path: string, headers: Call['headers'] = {}): Call => ({ path, headers });
const send = (method: string, path: string, body: unknown, headers: Call['headers'] = {}): Call => ({
  method,
  path,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'Content-Type': 'application/json', ...headers },
});
const newRun = { run: 'another', preset: 'sagan-mnist-mini', settings: [] };

/** Of a run `live` that trains and a run `ended` of ten steps with a sheet every five. */
export const reads: readonly Call[] = [
  ...['/', '/main.js', '/run/live', '/api/studio', '/api/runs', '/api/runs/live', '/api/runs/ended'],
  ...['/api/runs/live/series', '/api/runs/live/series?names=lossD,lossG&from=2&to=400', '/api/runs/ended/series'],
  ...['/api/runs/ended/samples/5', '/api/runs/ended/samples/000010.png'],
].map((path) => get(path));

export const writes: readonly Call[] = [
  send('POST', '/api/runs/live/control', { do: 'sample' }),
  send('POST', '/api/runs/live/control', { do: 'checkpoint' }),
  send('POST', '/api/runs/live/control', { do: 'learningRates', generator: 1e-4 }),
  send('POST', '/api/compute/model', { place: { run: 'ended' } }),
];

/** All to be refused with a 4xx. */
export const wrongCalls: readonly Call[] = [
  get('/api/nothing'),
  get('/nothing.js'),
  get('/?token=wrong'),
  get('/api/runs/nobody'),
  get('/api/runs/__proto__'),
  get('/api/runs/..%2f..%2fetc'),
  get('/api/runs/nobody/stream'),
  get('/api/runs/live/stream?after=-1'),
  get('/api/runs/live/series?from=soon'),
  get('/api/runs/live/samples/last'),
  get('/api/runs/live/samples/123456789'),
  get('/api/runs/ended/output'),
  get('/api/files/0123'),
  get('/api/runs', { Cookie: 'sagan-studio=wrong' }),
  get('/api/runs', { Origin: 'http://evil.test' }),
  get('/api/runs', { 'Sec-Fetch-Site': 'cross-site' }),
  send('PUT', '/api/runs/live', {}),
  send('DELETE', '/api/runs/live', { confirm: 'ended' }),
  send('DELETE', '/api/runs/live', { confirm: 'live' }),
  send('POST', '/api/runs/live/control', '{"do":'),
  send('POST', '/api/runs/live/control', { do: 'pause' }, { 'Content-Type': 'text/plain' }),
  send('POST', '/api/runs/live/control', { do: 'fly' }),
  send('POST', '/api/runs/live/control', { do: 'advance', steps: -1 }),
  send('POST', '/api/runs/ended/control', { do: 'pause' }),
  send('POST', '/api/runs/live/resume', {}),
  send('POST', '/api/runs/ended/resume', { steps: 1 }),
  send('POST', '/api/runs', {}),
  send('POST', '/api/runs', { ...newRun, run: '../another' }),
  send('POST', '/api/runs', { ...newRun, run: 'live' }),
];

/** The cookie of a browser that has opened the studio's address. */
export async function letIn(address: string): Promise<string> {
  const { headers } = await fetch(address, { redirect: 'manual' });
  return headers.get('set-cookie')?.split(';')[0] ?? assert.fail('no cookie');
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** From the request to the last byte. */
  readonly ms: number;
}

/** Asks, with the cookie unless the call has one of its own. */
export async function ask(
  origin: string,
  Cookie: string,
  { path, method = 'GET', body, headers }: Call,
): Promise<Answer> {
  const begunAt = performance.now();
  const init = { method, headers: { Cookie, ...headers }, ...(body !== undefined && { body }) };
  const response = await fetch(`${origin}${path}`, init);
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - begunAt };
}

export interface HeardEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** The events of a stream's body, as they come. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<HeardEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined) yield { type: field('event') ?? 'message', data, id: field('id') };
    }
  }
}
