/** The router on an address bar of our own. */
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

const bar = new URL('http://127.0.0.1/');
const entries: string[] = [];
const written = () => `${bar.pathname}${bar.search}`;

Object.assign(globalThis, {
  location: bar,
  history: {
    pushState(_state: unknown, _title: string, address: string | URL) {
      entries.push(written());
      bar.href = new URL(address, bar).href;
    },
    replaceState(_state: unknown, _title: string, address: string | URL) {
      bar.href = new URL(address, bar).href;
    },
  },
});

const { currentLink, navigate, route, visits } = await import('./router.ts');
const { queryState } = await import('./query-state.ts');
const { list, text, wholeNumber } = await import('./query-codecs.ts');

const step = queryState('step', wholeNumber(0, 900), 0);
const pinned = queryState('pin', list(text), []);

mock.timers.enable({ apis: ['setTimeout'] });

beforeEach(() => {
  navigate('/run/a');
  entries.length = 0;
});

test('a page that is gone to is an entry and a visit; a change of its query is no visit', () => {
  const before = visits.value;
  navigate('/run/b/attention?step=5');
  assert.deepEqual([route.value, step.value, visits.value], [{ page: 'attention', run: 'b' }, 5, before + 1]);
  assert.deepEqual(entries, ['/run/a']);
  step.set(6);
  assert.equal(visits.value, before + 1);
});

test('steps are entries, and what is dragged replaces the newest, a few times a second', () => {
  step.set(100);
  assert.equal(written(), '/run/a?step=100');
  for (const dragged of [101, 102, 103]) step.set(dragged, 'replace');
  assert.equal(step.value, 103);
  assert.equal(written(), '/run/a?step=100', 'not written yet');
  mock.timers.tick(300);
  assert.equal(written(), '/run/a?step=103');
  assert.deepEqual(entries, ['/run/a']);
});

test('what was dragged last is in the entry that a step leaves behind, and in a link', () => {
  step.set(7, 'replace');
  assert.equal(currentLink(), 'http://127.0.0.1/run/a?step=7');
  step.set(8, 'replace');
  navigate('/');
  assert.deepEqual(entries, ['/run/a?step=8']);
  mock.timers.tick(1000);
  assert.equal(written(), '/', 'nothing is written late');
});

test('a default has no place in the address', () => {
  step.set(3);
  pinned.set(['x', 'a,b']);
  assert.equal(written(), '/run/a?step=3&pin=x,a%252Cb');
  assert.deepEqual(pinned.value, ['x', 'a,b']);
  step.reset();
  pinned.reset();
  assert.equal(written(), '/run/a');
});

test('what cannot be read is the default; what is out of bounds is moved', () => {
  navigate('/run/a?step=many');
  assert.equal(step.value, 0);
  navigate('/run/a?step=5000');
  assert.equal(step.value, 900);
});

test('setting what is set already makes no entry', () => {
  step.set(9);
  step.set(9);
  assert.deepEqual(entries, ['/run/a']);
});
