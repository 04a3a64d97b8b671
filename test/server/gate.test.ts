/** The gate against its table: every route, by every name, from every page, with every credential. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { hostsOf, listen } from '../../src/server/addresses.ts';
import { createApp, type Routes } from '../../src/server/app.ts';
import { admit } from '../../src/server/gate.ts';
import { Keys } from '../../src/server/keys.ts';
import { answerWith, createStudioServer } from '../../src/server/listener.ts';
import { Refusal } from '../../src/server/refusal.ts';
import { cases, credentials, hosts, methods, origins, port, routes, sites } from './gate-table.ts';
import { requestText, statusesOf } from './raw-http.ts';
import { openStudioServer } from './studio-server.ts';

const keys = new Keys(port);
const gate = { hosts: hostsOf('127.0.0.1', port), keys };
const cookie = keys.exchange(keys.token)?.split(';')[0] ?? '';
const good = ['Host: 127.0.0.1:4400', `Cookie: ${cookie}`];

const studio = await openStudioServer();
const { app } = studio;
after(studio.close);

/** Status of what the gate says of a request; 200 where it lets it in. */
function verdict(method: string, url: string, headers: readonly string[]): number {
  try {
    const rawHeaders = headers.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
    return 'cookie' in admit({ method, url, rawHeaders }, gate) ? 303 : 200;
  } catch (error) {
    assert.ok(error instanceof Refusal);
    assert.ok(error.message.length > 40, 'a refusal says why');
    return error.status;
  }
}

test('every route stands in the table, and the table has no other', () => {
  const known = app.routes.map(({ method, path }) => `${method} ${path}`);
  const listed = routes.filter(([, pattern]) => pattern !== 'pages').map(([method, pattern]) => `${method} ${pattern}`);
  assert.deepEqual([...new Set(known)].sort(), listed.toSorted());
  for (const path of ['/index.html', '/main.js', '/main.css'])
    assert.ok(routes.some(([, pattern, example]) => pattern === 'pages' && example === path));
});

test('each combination of the table is let in or refused as it says, for every route', () => {
  const all = [...cases(cookie)];
  assert.equal(all.length, hosts.length * origins.length * sites.length * methods.length * credentials.length);
  assert.ok(all.length >= 8064);
  // 3 hosts × 2 origins × (2 sites × 3 methods, and a typed address with GET)
  assert.equal(all.filter(({ refused }) => refused === undefined).length, 42);
  const surprises: string[] = [];
  for (const [, , example] of routes) {
    for (const { name, method, headers, refused } of all) {
      const seen = verdict(method, example, headers);
      if (seen !== (refused ?? 200)) surprises.push(`${example}: ${name}: ${seen}`);
    }
  }
  assert.deepEqual(surprises.slice(0, 5), []);
});

test('the same on a socket: what is refused never comes to a route', async () => {
  let reached = 0;
  const counting: Routes = (one) =>
    one.on(['GET', 'POST'], '/api/runs', (context) => {
      reached++;
      return context.json({});
    });
  const server = createStudioServer();
  answerWith(server, createApp({ routes: [counting], assets: new Map() }), gate);
  const bound = await listen(server, '127.0.0.1', 0);
  const all = [...cases(cookie)];
  const seen = await statusesOf(
    bound,
    all.map(({ method, headers }) => requestText(method, '/api/runs', headers)),
    requestText('GET', '/api/runs', ['Connection: close']),
  );
  const known = (method: string) => (method === 'DELETE' ? 405 : 200);
  const surprises = all.filter(({ method, refused }, at) => seen[at] !== (refused ?? known(method)));
  assert.deepEqual(surprises.slice(0, 5), []);
  assert.equal(seen.length, all.length);
  assert.equal(reached, all.filter(({ method, refused }) => !refused && known(method) === 200).length);
  server.close();
});

test('a route takes its own methods and no other', async () => {
  const examples = new Set(routes.map(([, , example]) => example));
  for (const example of examples) {
    const own = routes.filter(([, , other]) => other === example).map(([method]) => method);
    for (const method of ['GET', 'POST', 'DELETE'].filter((one) => !own.includes(one))) {
      const response = await app.request(example, { method });
      assert.equal(response.status, 405, `${method} ${example}`);
      assert.deepEqual(response.headers.get('allow')?.split(', ').sort(), own.toSorted());
    }
  }
  for (const method of ['GET', 'POST', 'DELETE']) {
    for (const unknown of ['/api', '/api/', '/api/nothing', '/api/runs/first/nothing', '/api/runs/first/samples/1/2']) {
      assert.equal((await app.request(unknown, { method })).status, 404, `${method} ${unknown}`);
    }
  }
});

test('the token is exchanged for a cookie, and leaves the address', () => {
  const ask = (url: string, method = 'GET', headers = ['Host', 'localhost:4400']) =>
    admit({ method, url, rawHeaders: headers }, gate);
  const { token } = keys;
  assert.equal(Buffer.from(token, 'base64url').length, 32);
  const exchange = ask(`/?page=runs&token=${token}&x=%2F`);
  assert.ok('cookie' in exchange);
  assert.equal(exchange.location, '/?page=runs&x=%2F');
  assert.match(exchange.cookie, /^sagan-studio-4400=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.ok(!exchange.cookie.includes(token));
  assert.equal(verdict('GET', '/', ['Host: localhost:4400', `Cookie: ${exchange.cookie.split(';')[0]}`]), 200);

  const flipped = token.startsWith('A') ? `B${token.slice(1)}` : `A${token.slice(1)}`;
  for (const wrong of ['', 'x', token.slice(1), `${token}A`, token.toLowerCase(), flipped]) {
    assert.equal(verdict('GET', `/?token=${wrong}`, ['Host: localhost:4400']), 403, wrong);
    assert.equal(verdict('GET', `/?token=${wrong}`, good), 403, 'a wrong token is wrong with a cookie too');
  }
  for (const [method, url] of [
    ['GET', `/main.js?token=${token}`],
    ['GET', `/api/runs?token=${token}`],
    ['GET', `/runs?token=${token}`],
    ['POST', `/?token=${token}`],
    ['HEAD', `/?token=${token}`],
  ] as const) {
    assert.equal(verdict(method, url, ['Host: localhost:4400']), 403, `${method} ${url}: only GET / exchanges`);
  }
  for (const header of ['Origin: http://evil.test', 'Sec-Fetch-Site: cross-site', 'Host: evil.test']) {
    const headers = header.startsWith('Host') ? [header] : ['Host: localhost:4400', header];
    assert.equal(verdict('GET', `/?token=${token}`, headers), 403, header);
  }
});

test('a ticket is good once, and for a minute', (context) => {
  context.mock.timers.enable({ apis: ['Date'] });
  const used = keys.issueTicket();
  assert.equal(verdict('GET', `/?token=${used}`, ['Host: localhost:4400']), 303);
  assert.equal(verdict('GET', `/?token=${used}`, ['Host: localhost:4400']), 403);
  const late = keys.issueTicket();
  context.mock.timers.tick(60_000);
  assert.equal(verdict('GET', `/?token=${late}`, ['Host: localhost:4400']), 403);
  assert.equal(verdict('GET', `/?token=${keys.token}`, ['Host: localhost:4400']), 303, 'the token itself goes on');
});

test('cookies of other studios and other names are nobody’s', () => {
  const [, secret] = cookie.split('=');
  for (const [header, status] of [
    [`other=1; ${cookie}; more=2`, 200],
    [`sagan-studio-4400=nonsense; ${cookie}`, 200],
    [`sagan-studio-4401=${secret}`, 403],
    [`Sagan-Studio-4400=${secret}`, 403],
    [`sagan-studio-4400=${secret}x`, 403],
    ['sagan-studio-4400=', 403],
    ['sagan-studio-4400', 403],
    [`sagan-studio-4400=${keys.token}`, 403],
  ] as const) {
    assert.equal(verdict('GET', '/api/runs', ['Host: localhost:4400', `Cookie: ${header}`]), status, header);
  }
});

test('what changes something comes as JSON, and is not too long', () => {
  for (const method of ['POST', 'DELETE']) {
    for (const [type, status] of [
      ['application/json', 200],
      ['application/json; charset=utf-8', 200],
      ['Application/JSON;charset=UTF-8', 200],
      ['text/plain', 415],
      ['application/x-www-form-urlencoded', 415],
      ['multipart/form-data; boundary=x', 415],
      ['application/json, text/plain', 415],
      ['text/plain; application/json', 415],
      ['application/jsonp', 415],
      ['', 415],
    ] as const) {
      assert.equal(verdict(method, '/api/runs', [...good, `Content-Type: ${type}`]), status, `${method} ${type}`);
    }
    assert.equal(verdict(method, '/api/runs', good), 415);
    const sized = (bytes: number) => [...good, 'Content-Type: application/json', `Content-Length: ${bytes}`];
    assert.equal(verdict(method, '/api/runs', sized(2 ** 20)), 200);
    assert.equal(verdict(method, '/api/runs', sized(2 ** 20 + 1)), 413);
  }
});

test('a header that counts may come once', () => {
  for (const twice of [
    'Host: 127.0.0.1:4400',
    'Origin: http://127.0.0.1:4400',
    'Sec-Fetch-Site: same-origin',
    `Cookie: ${cookie}`,
  ]) {
    const others = good.filter((line) => line !== twice);
    assert.equal(verdict('GET', '/api/runs', [...others, twice]), 200);
    assert.equal(verdict('GET', '/api/runs', [...others, twice, twice]), 400, twice);
    assert.equal(verdict('GET', '/api/runs', [...others, twice, twice.toUpperCase()]), 400, twice);
  }
});
