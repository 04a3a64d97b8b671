import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { compute } from './api.ts';

const encoder = new TextEncoder();

function answering(context: TestContext, lines: readonly string[], end?: Error): void {
  const rest = [...lines];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const line = rest.shift();
      if (line !== undefined) controller.enqueue(encoder.encode(`${line}\n`));
      else if (end === undefined) controller.close();
      else controller.error(end);
    },
  });
  context.mock.method(globalThis, 'fetch', async () => new Response(body));
}

const recipes = () => compute('recipes', {});

test('a server that goes away while a task runs, and one that says nothing, are told of in words', async (context) => {
  const progress = '{"progress":{"done":1,"total":2,"what":"x"}}';
  answering(context, [progress], new TypeError('network error'));
  await assert.rejects(recipes(), /NoAnswerError: The studio's server does not answer/);
  answering(context, [progress]);
  await assert.rejects(recipes(), /NoAnswerError: The task "recipes" ended without an answer/);
  answering(context, [], new DOMException('aborted', 'AbortError'));
  await assert.rejects(recipes(), { name: 'AbortError' });
  answering(context, ['{"problem":"no such run"}']);
  await assert.rejects(recipes(), /ProblemError: no such run/);
});
