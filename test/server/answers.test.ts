/** What every answer says to the browser, and what none says to anybody (P36, P40). */

import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { routes } from './gate-table.ts';
import { converse, requestText } from './raw-http.ts';
import { openStudioServer } from './studio-server.ts';

const terminal: string[] = [];
for (const name of ['log', 'error', 'warn', 'info'] as const) {
  mock.method(console, name, (...words: unknown[]) => {
    terminal.push(words.map((word) => (word instanceof Error ? `${word.stack}` : String(word))).join(' '));
  });
}
const studio = await openStudioServer([
  (app) => {
    app.get('/api/defect', () => {
      throw new Error('the password is swordfish');
    });
    app.get('/api/page', (context) => context.html('<script>alert(1)</script>'));
  },
]);
after(studio.close);
const heard: string[] = [];

/** Head and body of an answer; the connection is closed after it, and streams at their first event. */
async function ask(method: string, url: string, headers: Readonly<Record<string, string>> = studio.headers, body = '') {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = requestText(method, url, [...lines, 'Connection: close'], body);
  const response = await converse(studio.port, text, /\nretry:/);
  heard.push(response);
  const [head = '', ...rest] = response.split('\r\n\r\n');
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
  return { status: Number(head.split(' ')[1]), field, head, text: rest.join('\r\n\r\n') };
}

const json = { ...studio.headers, 'Content-Type': 'application/json' };
const { token } = studio.gate.keys;

/** Answers of all kinds: of each route, of the gate, and of what there is not. */
const asked: readonly (readonly [string, string, Readonly<Record<string, string>>?, string?])[] = [
  ...routes.map(([method, , url]) => [method, url, json, method === 'GET' ? '' : '{}'] as const),
  ...routes.map(([method, , url]) => [method, url, { Host: studio.headers.Host }] as const),
  ['GET', '/nothing.js'],
  ['GET', '/api/nothing'],
  ['PUT', '/api/runs', json],
  ['POST', '/main.js', json, '{}'],
  ['GET', '/../x'],
  ['GET', '/', { Host: 'evil.test' }],
  ['GET', '/', { ...studio.headers, Origin: 'null' }],
  ['POST', '/api/runs', studio.headers, 'a=b'],
  ['POST', '/api/runs', json, '{'],
  ['POST', '/api/runs', json, '{"run":1}'],
  ['GET', '/api/defect'],
  ['GET', `/?token=${token}`, { Host: studio.headers.Host }],
  ['GET', `/?token=${token}x`, { Host: studio.headers.Host, Accept: 'text/html' }],
  ['GET', `/api/runs?token=${token}`],
  ['GET', `/nothing.js?token=${token}`],
];

test('every answer tells the browser to keep others out', async () => {
  for (const [method, url, headers, body] of asked) {
    const { status, field, head, text } = await ask(method, url, headers, body);
    const what = `${method} ${url}: ${head}`;
    assert.ok(status >= 200 && status < 600, what);
    const policy = field('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; /, what);
    assert.match(policy, /frame-ancestors 'none'/, what);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/, what);
    if (url.startsWith('/api/')) assert.match(policy, /; sandbox$/, what);
    else
      assert.match(
        policy,
        /script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';/,
        what,
      );
    assert.equal(field('x-content-type-options'), 'nosniff', what);
    assert.equal(field('cross-origin-resource-policy'), 'same-origin', what);
    assert.equal(field('cross-origin-opener-policy'), 'same-origin', what);
    assert.equal(field('referrer-policy'), 'no-referrer', what);
    assert.match(field('cache-control') ?? '', /no-store|private/, what);
    assert.doesNotMatch(head, /access-control|x-powered-by/i, what);
    if (status !== 303 && status !== 304) assert.ok(field('content-type'), what);
    if (status >= 400 && field('content-type') === 'application/json') {
      assert.match(text, /"problem":"[A-Z].{20}/, `${what}${text}`);
    }
  }
});

test('a defect says nothing of itself to the page, and all of it to the terminal', async () => {
  const { status, text } = await ask('GET', '/api/defect');
  assert.equal(status, 500);
  assert.doesNotMatch(text, /swordfish|\.ts|node_modules/);
  assert.match(terminal.join('\n'), /the password is swordfish\n.*answers\.test\.ts/);
});

test('a browser is refused with a page, and a program with JSON', async () => {
  const page = await ask('GET', '/', { Host: studio.headers.Host, Accept: 'text/html,*/*' });
  assert.deepEqual([page.status, page.field('content-type')], [403, 'text/html; charset=utf-8']);
  assert.match(page.text, /<h1>Forbidden<\/h1>\n<p>This is a Sagan studio, and this browser has not been let in/);
  const program = await ask('GET', '/', { Host: studio.headers.Host });
  assert.deepEqual([program.status, program.field('content-type')], [403, 'application/json']);
});

test('500 texts that would be scripts come back as JSON alone', async () => {
  const shells = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '</title><svg onload=alert(1)>',
    "';alert(1)//",
  ];
  const frames = [
    '%s',
    'a%s',
    '%sb',
    '%s.png',
    '%3C!--%s',
    '%s%00x',
    '%0d%0a%s',
    '%0d%0a%0d%0a%s',
    'javascript:%s',
    '%s%s',
  ];
  const places = [
    '/api/runs/%s',
    '/api/runs/%s/series',
    '/api/files/%s',
    '/api/runs/first/samples/%s',
    '/api/%s',
    '/%s.js',
    '/%s',
  ];
  let count = 0;
  for (const shell of shells) {
    for (const frame of frames) {
      for (const place of places) {
        for (const encode of [encodeURIComponent, encodeURI]) {
          const url = place.replace('%s', () => frame.replaceAll('%s', () => encode(shell)));
          const response = await studio.app.request(`http://127.0.0.1${url}`);
          const isPage = response.status === 200;
          assert.equal(
            response.headers.get('content-type'),
            isPage ? 'text/html; charset=utf-8' : 'application/json',
            url,
          );
          if (isPage) assert.doesNotMatch(await response.text(), /alert/);
          count++;
        }
      }
    }
  }
  assert.ok(count >= 500, `${count}`);
});

test('a route’s answer is no page, even if it says that it is one', async () => {
  const { field } = await ask('GET', '/api/page');
  assert.match(field('content-security-policy') ?? '', /^default-src 'none'.*; sandbox$/);
});

test('the token is nowhere: in no answer, and in nothing that was printed', () => {
  assert.ok(heard.length > 50 && terminal.length > 0);
  assert.ok(!heard.join('').includes(token));
  assert.ok(!terminal.join('').includes(token));
  const secret = studio.headers.Cookie.split('=')[1] ?? '';
  assert.ok(!heard.join('').includes(secret) && !terminal.join('').includes(secret), 'nor is the cookie');
});
