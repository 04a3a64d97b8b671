/** What the server tells of its own accord, and whether it is there. */
import { effect, signal } from '@preact/signals';
import type { RunSummary } from '../../src/server/api.ts';
import { api, isAbort, problemOf, refusalOf } from './api.ts';

const retryMs = 1500;
// A browser opens few connections to one server for all of its tabs; those that nobody sees give theirs back.
const hiddenMs = 5000;

/** Streams that are open or wish to be, by whether they have a connection. */
const streams = signal<ReadonlyMap<symbol, boolean>>(new Map());
/** Why nothing is heard of the server any more, for people; undefined while it is there. */
export const connectionProblem = signal<string | undefined>(undefined);

effect(() => {
  const lost = [...streams.value.values()].some((connected) => !connected);
  if (!lost) {
    connectionProblem.value = undefined;
    return;
  }
  const asking = new AbortController();
  // A stream says nothing of why it ends: a server that was started anew refuses in words when it is asked.
  const timer = setTimeout(() => {
    api.studio(asking.signal).catch((error) => {
      if (!isAbort(error)) connectionProblem.value = problemOf(error);
    });
  }, 1000);
  return () => {
    clearTimeout(timer);
    asking.abort();
  };
});

/** All runs, newest first; undefined until the server has told them. */
export const runs = signal<readonly RunSummary[] | undefined>(undefined);

/** Keeps `runs` up to date as long as the page is open. */
export function followRuns(): void {
  openStream(() => '/api/stream', {
    runs: (data) => {
      const told: readonly RunSummary[] = JSON.parse(data);
      runs.value = told;
    },
  });
}

/**
 * Listens to server-sent events by their names, connecting again whenever the connection breaks; returns what ends it.
 * `address` is asked before each connection, so that it can say what has been heard already. `onGone` is told once if what the
 * stream is about is no longer there; the stream has ended then.
 */
export function openStream(
  address: () => string,
  handlers: Readonly<Record<string, (data: string) => void>>,
  onGone: () => void = () => undefined,
): () => void {
  const key = Symbol('stream');
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = new AbortController();
  const tell = (connected: boolean | undefined) => {
    const next = new Map(streams.peek());
    if (connected === undefined) next.delete(key);
    else next.set(key, connected);
    streams.value = next;
  };
  const close = () => {
    clearTimeout(timer);
    asking.abort();
    source?.close();
    source = undefined;
  };
  const end = () => {
    document.removeEventListener('visibilitychange', attend);
    tell(undefined);
    close();
  };
  const explain = async () => {
    asking = new AbortController();
    const { signal } = asking;
    const status = await refusalOf(address(), signal);
    if (signal.aborted) return;
    if (status === 404) {
      end();
      onGone();
    } else if (status === 429) {
      connectionProblem.value = 'Too many pages of this studio are open: close some for live updates.';
    }
  };
  const open = () => {
    close();
    const opened = new EventSource(address());
    source = opened;
    let hasOpened = false;
    opened.addEventListener('open', () => {
      hasOpened = true;
      tell(true);
    });
    opened.addEventListener('error', () => {
      tell(false);
      // The browser's own way would ask for the first address again.
      close();
      timer = setTimeout(open, retryMs);
      if (!hasOpened) void explain();
    });
    for (const [name, handle] of Object.entries(handlers))
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => handle(data));
  };
  const attend = () => {
    if (document.hidden) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        tell(undefined);
        close();
      }, hiddenMs);
    } else if (source === undefined) open();
    else clearTimeout(timer);
  };
  document.addEventListener('visibilitychange', attend);
  open();
  return end;
}
