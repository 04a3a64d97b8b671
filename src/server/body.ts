/** Bodies of requests: JSON of a schema, and no longer than it may be. */

import type { Context } from 'hono';
import type { z } from 'zod';
import { Refusal } from './refusal.ts';

export const mostBodyBytes = 2 ** 20;

/** The body of a request as the schema has it. Throws Refusal: 413 if it is too long, 400 if it is no such JSON. */
export async function readJson<Schema extends z.ZodType>(context: Context, schema: Schema): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(jsonOf(await readText(context.req.raw.body)));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
  throw new Refusal(400, `The request is not as it should be. ${issues.join('; ')}`);
}

export function tooLong(): Refusal {
  return new Refusal(413, `The body is longer than ${mostBodyBytes} bytes, the most that the studio takes.`);
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBodyBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `The body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
