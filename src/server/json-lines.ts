/** Answers that come in lines of JSON: how far a task is, and then what became of it. */

import type { Problem } from './api.ts';
import { problemOf } from './refusal.ts';

export interface JsonLines {
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
  write(line: string): void;
  /** Writes a value unless those before it have not been read yet. */
  offer(value: unknown): void;
}

/** Answers with what `produce` writes, and with a Problem as the last line if it throws. `gone` tells that the client has left. */
export function toJsonLines(gone: AbortSignal, produce: (lines: JsonLines) => Promise<void>): Response {
  const left = new AbortController();
  const leave = () => left.abort();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        gone.addEventListener('abort', leave);
        if (gone.aborted) leave();
        const write = (line: string) => {
          if (!left.signal.aborted) controller.enqueue(encoder.encode(`${line}\n`));
        };
        const offer = (value: unknown) => (controller.desiredSize ?? 0) > 0 && write(JSON.stringify(value));
        void produce({ signal: left.signal, write, offer })
          .catch((error: unknown) => {
            if (left.signal.aborted) return;
            write(JSON.stringify({ problem: problemOf(error).problem } satisfies Problem));
          })
          .finally(() => {
            gone.removeEventListener('abort', leave);
            if (!left.signal.aborted) controller.close();
          });
      },
      cancel: leave,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 16 * 1024 }),
  );
  return new Response(body, { headers: { 'Content-Type': 'application/x-ndjson' } });
}
