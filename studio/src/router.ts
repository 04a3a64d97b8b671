/** The address bar as signals: which page is shown, and what its query says. */
import { computed, signal } from '@preact/signals';
import { routeOf } from './routes.ts';

/** `push` makes an entry that the back button returns to; `replace` is for what moves under the pointer. */
export type HistoryStep = 'push' | 'replace';

const path = signal(location.pathname);
const queryText = signal(location.search);

/** The page that the address names. */
export const route = computed(() => routeOf(path.value));
/** What stands behind the question mark. */
export const query = computed<ReadonlyMap<string, string>>(() => new Map(new URLSearchParams(queryText.value)));
/** Counts the visits of pages, so that each can begin at its top and say its name. */
export const visits = signal(0);

// Browsers refuse addresses that change too often, as those under a moving pointer do: they are written a few times a second.
const addressEveryMs = 300;
let unwritten: ReturnType<typeof setTimeout> | undefined;

/** Goes to an address of the studio. */
export function navigate(address: string, how: HistoryStep = 'push'): void {
  writeAddress();
  const target = new URL(address, location.href);
  if (how === 'push') history.pushState(undefined, '', target);
  else history.replaceState(undefined, '', target);
  readAddress();
}

/** Sets parameters of this page's query, or takes out those that are undefined. */
export function changeQuery(changes: Readonly<Record<string, string | undefined>>, how: HistoryStep): void {
  const parameters = new URLSearchParams(queryText.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString().replaceAll('%2C', ',');
  const changed = text === '' ? '' : `?${text}`;
  if (changed === queryText.value) return;
  if (how === 'push') {
    writeAddress();
    history.pushState(undefined, '', `${path.value}${changed}`);
  } else {
    unwritten ??= setTimeout(writeAddress, addressEveryMs);
  }
  queryText.value = changed;
}

/** The whole address of the view as it is now. */
export function currentLink(): string {
  writeAddress();
  return location.href;
}

function writeAddress(): void {
  if (unwritten === undefined) return;
  clearTimeout(unwritten);
  unwritten = undefined;
  history.replaceState(undefined, '', `${path.value}${queryText.value}`);
}

function readAddress(): void {
  if (path.value !== location.pathname) visits.value += 1;
  path.value = location.pathname;
  queryText.value = location.search;
}

/** Follows links and the back button without loading the page anew. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    clearTimeout(unwritten);
    unwritten = undefined;
    readAddress();
  });
  addEventListener('pagehide', writeAddress);
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    const target = new URL(link.href, location.href);
    const isPage = target.origin === location.origin && !target.pathname.startsWith('/api/');
    const isJump = target.hash !== '' && target.pathname === location.pathname && target.search === location.search;
    if (!isPage || isJump) return;
    event.preventDefault();
    navigate(target.href);
  });
}
