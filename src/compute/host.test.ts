import assert from 'node:assert/strict';
import { getActiveResourcesInfo } from 'node:process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ComputeHost, type ComputeHostOptions } from './host.ts';

const entry = fileURLToPath(new URL('../../test/fault/compute-tasks.ts', import.meta.url));

function openHost(t: TestContext, options: ComputeHostOptions = {}): ComputeHost {
  const host = new ComputeHost({ entry, ...options });
  t.after(() => host.close());
  return host;
}

async function ask(host: ComputeHost, task: string, request: unknown = {}, signal?: AbortSignal): Promise<unknown> {
  return JSON.parse(await host.ask({ task, request, folders: new Map() }, signal === undefined ? {} : { signal }));
}

const echoSchema = z.strictObject({ text: z.string(), answered: z.int(), processId: z.int() });

/** What came back, and which answer of its process it was. */
async function echo(host: ComputeHost, text: string): Promise<readonly [string, number]> {
  const answer = echoSchema.parse(await ask(host, 'echo', { text }));
  assert.equal(answer.processId, host.processId);
  return [answer.text, answer.answered];
}

const isAlive = (processId: number) => {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
};

test('requests are answered one at a time, in their order, by one process', async (t) => {
  const host = openHost(t);
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((text) => echo(host, text))), [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
});

test('a request that does not fit its schema, or is for no task, is refused in words, and the next is answered', async (t) => {
  const host = openHost(t);
  await assert.rejects(ask(host, 'echo', { text: 3 }), /task echo: text: .*expected string/);
  await assert.rejects(ask(host, 'echo', { text: 'a', more: 1 }), /task echo: the request: .*more/);
  await assert.rejects(ask(host, 'constructor'), /task "constructor": there is none; known: echo, /);
  await assert.rejects(ask(host, 'defect'), /task defect: a number was expected. This is a defect of Sagan/);
  await assert.rejects(ask(host, 'circular'), /task circular: Converting circular structure/);
  await assert.rejects(ask(host, 'huge'), /task huge: the answer has 66 MiB, more than the 64 MiB/);
  await assert.rejects(ask(host, 'file', { name: 'a.png', sizeBytes: 2 ** 27 + 1 }), /a.png: .* 129 MiB .* 128 MiB/);
  assert.deepEqual(await echo(host, 'on'), ['on', 1]);
});

for (const [task, how] of [
  ['abort', /ended \(signal SIGABRT\)/],
  ['exit', /ended \(exit code 3\)/],
  ['throwLater', /ended \(exit code 1\)/],
] as const) {
  test(`when the process ends (${task}), its request is told, those behind it go on in a new one`, async (t) => {
    const host = openHost(t);
    await ask(host, 'echo', { text: 'started' });
    const before = host.processId;
    const lost = ask(host, task);
    const behind = echo(host, 'behind');
    await assert.rejects(lost, how);
    await assert.rejects(lost, /Try once more/);
    assert.deepEqual(await behind, ['behind', 1]);
    assert.notEqual(host.processId, before);
    assert.ok(before !== undefined && !isAlive(before));
  });
}

for (const task of ['block', 'never']) {
  test(`a process that does not answer (${task}) is ended after its time, and no sooner`, async (t) => {
    const host = openHost(t, { silenceMs: 3000 });
    await ask(host, 'echo', { text: 'started' });
    const before = host.processId;
    const start = performance.now();
    const lost = ask(host, task);
    const behind = echo(host, 'behind');
    await assert.rejects(lost, /had not said a word for 3 s/);
    assert.ok(performance.now() - start > 2990);
    assert.deepEqual(await behind, ['behind', 1]);
    assert.ok(before !== undefined && !isAlive(before));
  });
}

test('a process that never listens is ended, and its request told', async (t) => {
  const deaf = fileURLToPath(new URL('../../test/fault/deaf-process.ts', import.meta.url));
  const host = openHost(t, { entry: deaf, startMs: 500 });
  await assert.rejects(ask(host, 'echo', { text: 'a' }), /had not begun within 0.5 s/);
});

test('a task that tells how far it is may take longer than a silence', async (t) => {
  const host = openHost(t, { silenceMs: 2500 });
  const seen: number[] = [];
  const result = await host.ask(
    { task: 'count', request: { times: 3000 }, folders: new Map() },
    { onProgress: ({ done }) => seen.push(done) },
  );
  assert.equal(result, '3000');
  assert.equal(seen.at(-1), 3000);
  assert.ok(seen.length < 300, 'progress is told some times a second');
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
});

test('a request that is withdrawn makes room, whether it waits or is worked on', async (t) => {
  const host = openHost(t, { mostWaiting: 2 });
  const working = new AbortController();
  const waiting = new AbortController();
  const [first, second, third] = [
    ask(host, 'count', { times: 1e9 }, working.signal),
    ask(host, 'count', { times: 1e9 }, waiting.signal),
    echo(host, 'third'),
  ];
  await assert.rejects(ask(host, 'echo', { text: 'fourth' }), /2 requests wait already/);
  waiting.abort();
  await assert.rejects(second, /withdrawn/);
  working.abort();
  await assert.rejects(first, /withdrawn/);
  assert.deepEqual(await third, ['third', 1]);
  await assert.rejects(ask(host, 'echo', { text: 'late' }, AbortSignal.abort()), /withdrawn/);
});

test('a process that nobody asks ends, and another answers', async (t) => {
  const host = openHost(t, { idleMs: 200 });
  await ask(host, 'echo', { text: 'a' });
  const before = host.processId;
  while (host.processId !== undefined) await new Promise(setImmediate);
  assert.ok(before !== undefined && !isAlive(before));
  assert.deepEqual(await echo(host, 'b'), ['b', 1]);
});

test('a process that holds too much memory answers, ends, and another goes on', async (t) => {
  const full = fileURLToPath(new URL('../../test/fault/full-process.ts', import.meta.url));
  const host = openHost(t, { entry: full });
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask(host, 'processId')));
  const [first, , third, , fifth] = answers;
  assert.deepEqual(answers, [first, first, third, third, fifth]);
  assert.equal(new Set(answers).size, 3);
  assert.equal(host.processId, fifth);
  assert.ok(!isAlive(Number(first)) && !isAlive(Number(third)));
});

test('values are kept from one request to the next', async (t) => {
  const host = openHost(t);
  assert.equal(await ask(host, 'keep'), await ask(host, 'keep'));
});

test('closing ends the process and refuses what waits; nothing is left behind', async () => {
  const host = new ComputeHost({ entry });
  await ask(host, 'echo', { text: 'a' });
  const { processId } = host;
  const refused = Promise.allSettled([ask(host, 'block'), ask(host, 'echo', { text: 'b' })]);
  await host.close();
  for (const { status } of await refused) assert.equal(status, 'rejected');
  assert.ok(processId !== undefined && !isAlive(processId));
  await assert.rejects(ask(host, 'echo', { text: 'c' }), /closed/);
  await host.close();
});

test('listeners do not grow with the requests of one page', async (t) => {
  const host = openHost(t);
  const page = new AbortController();
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  for (let n = 0; n < 30; n++) await ask(host, 'echo', { text: `${n}` }, page.signal);
  const timers = getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  for (let n = 0; n < 30; n++) await ask(host, 'echo', { text: `${n}` }, page.signal);
  assert.equal(getActiveResourcesInfo().filter((name) => name === 'Timeout').length, timers);
  assert.deepEqual(warnings, []);
});

test('a program that cannot be started is said to be so', async (t) => {
  const host = openHost(t, { entry: '/nowhere/at-all.ts' });
  await assert.rejects(ask(host, 'echo', { text: 'a' }), /ended \(exit code 1\)/);
});
