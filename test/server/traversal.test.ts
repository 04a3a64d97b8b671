/** No way of writing a path leads out of the runs' folder: ids are looked up, never joined (P35). */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { admit } from '../../src/server/gate.ts';
import { Refusal } from '../../src/server/refusal.ts';
import { routes } from './gate-table.ts';
import { openStudioServer, secretWords } from './studio-server.ts';

const studio = await openStudioServer();
after(studio.close);
const rawHeaders = Object.entries(studio.headers).flat();

const ups = [
  ...['..', '%2e%2e', '.%2e', '%2E.', '%252e%252e', '%25252e%25252e', '..;', '..%00', '..%20', '%c0%ae%c0%ae'],
  ...['%e0%80%ae%e0%80%ae', '%uff0e%uff0e', '%ef%bc%8e%ef%bc%8e', '....', '.', 'first/..', 'first%2f..', '..%0a', '~'],
];
const separators = [
  ...['/', '%2f', '%2F', '%252f', '\\', '%5c', '%255c', '%c0%af', '%e0%80%af', '%ef%bc%8f', ';/', '//', '/./'],
  ...['%00/', '/%00', '?/', '#/', ':', '%3a'],
];
const targets = ['secret.txt', 'secret.json', 'runs/secret.json', 'secret.txt%00.png', 'secret.html', 'etc/passwd'];
const others = [
  ...[
    '',
    '/',
    '%',
    '%2',
    '%zz',
    '%00',
    '#',
    '?',
    '\\',
    'CON',
    'NUL',
    'aux.txt',
    'COM1',
    'first::$DATA',
    'FIRST',
    'first.',
  ],
  ...['__proto__', 'constructor', 'toString', 'file:///etc/passwd', '/etc/passwd', '%2fetc%2fpasswd', 'C:%5cboot.ini'],
  ...['%5c%5cserver%5cshare', 'a'.repeat(5000), '%f0%9f%92%a9', '%ff%fe', 'first%0d%0aX-Injected:%201', 'notes.secret'],
];
/** 2,000 and more ways to write where something else lies. */
const payloads = [
  ...others,
  ...ups.flatMap((up) =>
    separators.flatMap((separator) =>
      targets.flatMap(
        (target, at) => (at % 2 === 0 ? `${up}${separator}` : `${up}${separator}${up}${separator}`) + target,
      ),
    ),
  ),
];

/** What the studio answers, as a browser that has been let in hears it. */
async function ask(method: string, url: string): Promise<{ status: number; text: string }> {
  try {
    admit({ method, url, rawHeaders: [...rawHeaders, 'Content-Type', 'application/json'] }, studio.gate);
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return { status: error.status, text: error.message };
  }
  const body = method === 'GET' ? {} : { body: '{}' };
  const response = await studio.app.request(`http://127.0.0.1${url}`, { method, ...body });
  return { status: response.status, text: await response.text() };
}

test('there are many, and an honest address is answered', async () => {
  assert.ok(new Set(payloads).size >= 2000, `${new Set(payloads).size}`);
  assert.equal((await ask('GET', '/api/runs/first')).status, 200);
  assert.match((await ask('GET', '/main.js')).text, /export/);
});

const patterns = [
  ...new Set(routes.map(([method, pattern]) => `${method} ${pattern}`).filter((one) => one.includes(':'))),
];

for (const pattern of patterns) {
  test(`${pattern}: nothing from outside`, async () => {
    const [method = '', path = ''] = pattern.split(' ');
    for (const [parameter] of path.matchAll(/:\w+/g)) {
      for (const payload of payloads) {
        const url = path.replace(parameter, payload).replace(':run', 'first').replace(':step', '1');
        const { status, text } = await ask(method, url);
        assert.ok(!text.includes(secretWords), url);
        // An address may turn into another that there is: a run's own, `first/..`, or the list of all.
        assert.ok([200, 400, 404, 405, 409].includes(status), `${status} ${url}: ${text}`);
        const isAnother = ['/', '?', '#'].some((sign) => payload.includes(sign)) || payload === '';
        if (status === 200) assert.ok(isAnother || text.startsWith('{"problem":'), url);
      }
    }
  });
}

test('pages: the built files and index.html, and nothing else', async () => {
  for (const payload of payloads) {
    const { status, text } = await ask('GET', `/${payload}`);
    assert.ok(
      status === 400 || status === 404 || (status === 200 && text.includes('<title>The page</title>')),
      `/${payload}`,
    );
  }
});
