/** Chromium itself against the studio: other pages on the machine's browser, and names that lead here by a trick of DNS (P34). */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { after, before, test } from 'node:test';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import type { Routes } from '../../src/server/app.ts';
import { eventStream } from '../../src/server/stream.ts';
import { openStudioServer, type StudioServer } from '../server/studio-server.ts';

/** What has reached a route: nothing that another page asks for may. */
const reached: string[] = [];
const probe: Routes = (app) => {
  app.get('/api/probe', (context) => {
    reached.push('GET');
    return context.json({ secret: 'swordfish' });
  });
  app.post('/api/probe', (context) => {
    reached.push('POST');
    return context.json({ secret: 'swordfish' });
  });
  app.get('/api/probe-stream', (context) =>
    eventStream(context, async ({ send }) => {
      reached.push('stream');
      await send({ type: 'message', data: 'swordfish' });
    }),
  );
};

const attackingPage = readFileSync(new URL('attacking-page.html', import.meta.url));
let studio: StudioServer;
let other: Server;
let otherPort: number;
let browser: Browser;

before(async () => {
  studio = await openStudioServer([probe]);
  other = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(attackingPage);
  });
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  otherPort = address.port;
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--host-resolver-rules=MAP *.test 127.0.0.1'],
  });
});

after(async () => {
  await browser.close();
  other.close();
  await studio.close();
});

const origin = () => `http://127.0.0.1:${studio.port}`;
const address = () => `${origin()}/?token=${studio.gate.keys.token}`;

/** A browser in which the studio has been opened. */
async function letIn(): Promise<BrowserContext> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const response = await page.goto(address());
  assert.equal(response?.status(), 200);
  assert.equal(page.url(), `${origin()}/`, 'the token has left the address');
  assert.equal(await page.evaluate('document.cookie'), '', 'and no script can read the cookie');
  reached.length = 0;
  return context;
}

test('the studio’s own page may read, send and follow', async () => {
  const context = await letIn();
  const [page] = context.pages();
  const seen = await page?.evaluate(`(async () => {
    const read = await (await fetch('/api/probe')).text();
    const headers = { 'Content-Type': 'application/json' };
    const sent = await fetch('/api/probe', { method: 'POST', headers, body: '{}' });
    const source = new EventSource('/api/probe-stream');
    const event = await new Promise((resolve) => source.addEventListener('message', ({ data }) => resolve(data)));
    source.close();
    return [read, sent.status, event];
  })()`);
  assert.deepEqual(seen, ['{"secret":"swordfish"}', 200, '"swordfish"']);
  assert.deepEqual(reached, ['GET', 'POST', 'stream']);
  assert.equal((await page?.reload())?.status(), 200);
  assert.equal((await page?.goto(`${origin()}/runs/first`))?.status(), 200, 'an address that is typed');
  await context.close();
});

test('a script that found its way into the page does not run', async () => {
  const context = await letIn();
  const [page] = context.pages();
  const title = await page?.evaluate(`(() => {
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "ran"' }));
    document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="document.title = 1">');
    return new Promise((resolve) => { document.querySelector('img').addEventListener('error', () => resolve(document.title)); });
  })()`);
  assert.equal(title, 'The page');
  await context.close();
});

// Another port of the same machine is the same site: SameSite alone would let it through.
for (const [name, originOf] of [
  ['a page of another site', () => `http://evil.test:${otherPort}`],
  ['a page of another port here', () => `http://127.0.0.1:${otherPort}`],
] as const) {
  test(`${name} reads nothing and changes nothing`, async () => {
    const context = await letIn();
    const page = await context.newPage();
    await page.goto(originOf());
    const seen = await page.evaluate(`attack(${JSON.stringify(origin())})`);
    assert.deepEqual(seen, []);

    const posted = page.waitForResponse(
      (response) => response.url().endsWith('/api/probe') && response.request().isNavigationRequest(),
    );
    await page.evaluate(`sendForm(${JSON.stringify(origin())})`);
    assert.equal((await posted).status(), 403, 'a form');

    const framed = await context.newPage();
    await framed.goto(originOf());
    await framed.evaluate(`frame(${JSON.stringify(origin())})`);
    assert.doesNotMatch((await framed.frames()[1]?.content()) ?? '', /The page/, 'a frame');
    assert.deepEqual(reached, []);
    await context.close();
  });
}

test('a name that leads here by DNS is nobody’s, with the token and without', async () => {
  const context = await letIn();
  const page = await context.newPage();
  for (const path of ['/', '/api/probe', `/?token=${studio.gate.keys.token}`]) {
    const response = await page.goto(`http://rebound.test:${studio.port}${path}`);
    assert.equal(response?.status(), 403, path);
    assert.match(await page.content(), /under no other name/);
    assert.doesNotMatch(await page.content(), /swordfish|The page/);
  }
  const read = await page.evaluate(`fetch('/api/probe').then((response) => response.text())`);
  assert.doesNotMatch(String(read), /swordfish/);
  assert.deepEqual(await context.cookies(`http://rebound.test:${studio.port}`), []);
  assert.deepEqual(reached, []);
  await context.close();
});

test('a link on another page says what to do instead', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://evil.test:${otherPort}`);
  const answer = page.waitForResponse((response) => response.url().startsWith(origin()));
  await page.evaluate(`location.href = ${JSON.stringify(address())}`);
  assert.equal((await answer).status(), 403);
  await page.waitForURL(address());
  assert.match(await page.locator('p').innerText(), /copy the address into the address bar/);
  await context.close();
});
