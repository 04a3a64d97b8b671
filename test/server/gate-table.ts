/** Who may ask what, as tables: the gate is held to each combination of their rows, for every route. */

/** Of the studio under test. */
export const port = 4400;

/** Every address that there is: its method, its pattern, and an address of it. */
export const routes: readonly (readonly [method: string, pattern: string, example: string])[] = [
  ['GET', 'pages', '/'],
  ['GET', 'pages', '/runs/first'],
  ['GET', 'pages', '/index.html'],
  ['GET', 'pages', '/main.js'],
  ['GET', 'pages', '/main.css'],
  ['GET', '/api/studio', '/api/studio'],
  ['GET', '/api/stream', '/api/stream'],
  ['GET', '/api/runs', '/api/runs'],
  ['POST', '/api/runs', '/api/runs'],
  ['GET', '/api/runs/:run', '/api/runs/first'],
  ['DELETE', '/api/runs/:run', '/api/runs/first'],
  ['GET', '/api/runs/:run/series', '/api/runs/first/series?names=lossD,lossG'],
  ['GET', '/api/runs/:run/stream', '/api/runs/first/stream?after=3'],
  ['GET', '/api/runs/:run/samples/:step', '/api/runs/first/samples/000100.png'],
  ['GET', '/api/runs/:run/output', '/api/runs/first/output'],
  ['POST', '/api/runs/:run/resume', '/api/runs/first/resume'],
  ['POST', '/api/runs/:run/control', '/api/runs/first/control'],
  ['POST', '/api/compute/:task', '/api/compute/model'],
  ['GET', '/api/files/:file', '/api/files/abc'],
];

export interface Row {
  readonly name: string;
  /** `Name: value` of the headers that the row stands for. */
  readonly headers: readonly string[];
  /** Status of the refusal; undefined where the row is no reason to refuse. */
  readonly refused?: number;
  /** A row that is one for a GET alone. */
  readonly onlyGet?: true;
}

const host = (value: string, refused?: number): Row => ({
  name: `Host ${value}`,
  headers: [`Host: ${value}`],
  ...(refused && { refused }),
});

export const hosts: readonly Row[] = [
  host('127.0.0.1:4400'),
  host('localhost:4400'),
  host('[::1]:4400'),
  host('evil.test:4400', 403),
  host('localhost.evil.test:4400', 403),
  host('127.0.0.1.nip.io:4400', 403),
  host('127.0.0.1', 403),
  host('127.0.0.1:4401', 403),
  host('127.0.0.1:44000', 403),
  host('127.0.0.1:4400.evil.test', 403),
  host('LOCALHOST:4400', 403),
  host('0.0.0.0:4400', 403),
  host('localhost.:4400', 403),
  host('127.1:4400', 403),
  host('evil@127.0.0.1:4400', 403),
  { name: 'no Host', headers: [], refused: 403 },
  { name: 'two Hosts', headers: ['Host: 127.0.0.1:4400', 'Host: localhost:4400'], refused: 400 },
];

const origin = (value: string): Row => ({ name: `Origin ${value}`, headers: [`Origin: ${value}`], refused: 403 });

/** `SAME` stands for the origin of the host that is asked. */
export const origins: readonly Row[] = [
  { name: 'no Origin', headers: [] },
  { name: 'the same Origin', headers: ['Origin: SAME'] },
  origin('null'),
  origin('http://evil.test:4400'),
  origin('https://127.0.0.1:4400'),
  origin('http://127.0.0.1:4401'),
  origin('http://127.0.0.1:4400.evil.test'),
  origin(''),
];

export const sites: readonly Row[] = [
  { name: 'no Sec-Fetch-Site', headers: [] },
  { name: 'same-origin', headers: ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors'] },
  {
    name: 'a typed address',
    headers: ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate'],
    refused: 403,
    onlyGet: true,
  },
  { name: 'none, but no navigation', headers: ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: cors'], refused: 403 },
  { name: 'same-site', headers: ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: navigate'], refused: 403 },
  { name: 'cross-site', headers: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'], refused: 403 },
];

const method = (name: string, refused?: number): Row => ({ name, headers: [], ...(refused && { refused }) });

/** What a route takes of those that are let in stands in `routes`. */
export const methods: readonly Row[] = [
  method('GET'),
  method('POST'),
  method('DELETE'),
  method('HEAD', 405),
  method('PUT', 405),
  method('OPTIONS', 405),
];

/** `COOKIE` stands for what the browser was given. */
export const credentials: readonly Row[] = [
  { name: 'the cookie', headers: ['Cookie: theme=dark; COOKIE'] },
  { name: 'no cookie', headers: [], refused: 403 },
  { name: 'a wrong cookie', headers: [`Cookie: sagan-studio-${port}=${'A'.repeat(43)}`], refused: 403 },
];

export interface Case {
  readonly name: string;
  readonly method: string;
  readonly headers: readonly string[];
  /** Undefined: it is let in. */
  readonly refused: number | undefined;
}

/** All combinations, `cookie` being what the browser was given. */
export function* cases(cookie: string): Generator<Case> {
  for (const host of hosts) {
    for (const origin of origins) {
      for (const site of sites) {
        for (const method of methods) {
          for (const credential of credentials) {
            const rows = [host, origin, site, credential, method];
            const same = `http://${host.headers[0]?.replace('Host: ', '')}`;
            yield {
              name: `${rows.map(({ name }) => name).join(', ')}`,
              method: method.name,
              headers: [
                ...rows.flatMap(({ headers }) =>
                  headers.map((one) => one.replace('SAME', same).replace('COOKIE', cookie)),
                ),
                ...(method.name === 'GET' ? [] : ['Content-Type: application/json']),
              ],
              refused: rows.find(({ refused, onlyGet }) => refused && !(onlyGet && method.name === 'GET'))?.refused,
            };
          }
        }
      }
    }
  }
}
