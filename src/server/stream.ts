/** Server-sent events: a stream of events that a page follows, and takes up again where it broke off. */

import type { StudioContext } from './app.ts';
import { problemOf, Refusal } from './refusal.ts';

/** Who asks: a browser that has been let in. */
export interface Client {
  /** Streams that it follows now. */
  streams: number;
}

export interface StreamEvent {
  /** What a page listens for: `addEventListener(type, …)`. */
  readonly type: string;
  /** Anything that JSON has; the page parses it. */
  readonly data: unknown;
  /** Comes back as `lastEventId` when the page takes the stream up again. */
  readonly id?: number | string;
}

export interface EventStream {
  /** The id of the last event that the page has seen, if it takes up a stream again. */
  readonly lastEventId: string | undefined;
  /** Aborted when the page has gone or the studio ends: stop, and let go of what is watched. */
  readonly signal: AbortSignal;
  /**
   * Sends an event. Resolves when there is room for the next, so await it: what happens meanwhile can then be sent as one.
   * Does nothing once the page has gone. A page that takes nothing for 30 s is let go (listener.ts).
   */
  send(event: StreamEvent): Promise<void>;
}

export const mostStreams = 8;
const heartbeatMs = 15_000;
const roomBytes = 64 * 1024;

/**
 * Answers with events for as long as `produce` runs and the page is there. A comment every 15 s keeps the connection alive. Throws Refusal
 * (429) if the client follows too many streams. What `produce` throws ends the stream; a page comes back by itself.
 */
export function eventStream(context: StudioContext, produce: (stream: EventStream) => Promise<void>): Response {
  // Absent where an application is asked without a server.
  const client = context.env?.client ?? { streams: 0 };
  if (client.streams >= mostStreams) {
    throw new Refusal(429, `This browser follows ${mostStreams} streams already, the most there may be. Close a tab.`);
  }
  client.streams++;
  const gone = new AbortController();
  const encoder = new TextEncoder();
  let waiting: (() => void)[] = [];
  const goOn = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const hasRoom = () => (controller.desiredSize ?? 0) > 0;
        const write = (text: string) => controller.enqueue(encoder.encode(text));
        // Silence would look like a broken line; whoever has something left to read hears enough.
        const heartbeat = setInterval(() => hasRoom() && write(':\n\n'), heartbeatMs);
        gone.signal.addEventListener('abort', () => {
          clearInterval(heartbeat);
          client.streams--;
          goOn();
        });
        const stream: EventStream = {
          lastEventId: context.req.header('Last-Event-ID'),
          signal: gone.signal,
          async send(event) {
            if (gone.signal.aborted) return;
            write(textOf(event));
            while (!hasRoom() && !gone.signal.aborted) {
              await new Promise<void>((resolve) => waiting.push(resolve));
            }
          },
        };
        write('retry: 1000\n\n');
        void produce(stream)
          .catch(problemOf)
          .finally(() => {
            if (gone.signal.aborted) return;
            gone.abort();
            controller.close();
          });
      },
      pull: goOn,
      cancel: () => gone.abort(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: roomBytes }),
  );
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}

function textOf({ type, data, id }: StreamEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  // JSON has no line breaks of its own, so one `data` line holds it.
  return `${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
