/** What the server and its compute process say to each other. */

import { z } from 'zod';

/** To the process: a request for a task as JSON, and the folders of the runs that it names; or that nobody waits for it any more. */
export const orderSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ask'),
    id: z.int(),
    task: z.string(),
    request: z.string(),
    folders: z.map(z.string(), z.string()),
  }),
  z.strictObject({ type: z.literal('cancel'), id: z.int() }),
]);
export type Order = z.output<typeof orderSchema>;

/** From the process: first `ready`, once it listens; for each request any number of `progress` and `file`, then `result`, as JSON, or `problem`; before the last of them `full`, if the process holds too much memory to go on. */
export const newsSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('progress'),
    id: z.int(),
    progress: z.strictObject({ done: z.number(), total: z.number(), what: z.string() }),
  }),
  z.strictObject({
    type: z.literal('file'),
    id: z.int(),
    key: z.string(),
    file: z.strictObject({
      name: z.string(),
      type: z.string(),
      bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
    }),
  }),
  z.strictObject({ type: z.literal('full') }),
  z.strictObject({ type: z.literal('result'), id: z.int(), result: z.string() }),
  z.strictObject({ type: z.literal('problem'), id: z.int(), problem: z.string() }),
]);
export type News = z.output<typeof newsSchema>;
export type Progress = Extract<News, { type: 'progress' }>['progress'];
