/** The compute process from within: answers one request after another until the server is gone. */

import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import { UserError } from '../base/errors.ts';
import type { Runtime } from '../engine/index.ts';
import { openRun } from '../store/index.ts';
import { defaultLimits, Kept } from './kept.ts';
import type { Place } from './place.ts';
import { type News, type Order, orderSchema } from './protocol.ts';
import type { Task, TaskContext } from './task.ts';

/** The larger of these would hold up the server, which passes them on. */
const mostResultBytes = 64 * 2 ** 20;
const mostFileBytes = 128 * 2 ** 20;
const progressEveryMs = 100;

type TaskTable = Readonly<Record<string, Task<z.ZodType, unknown>>>;
type Question = Extract<Order, { type: 'ask' }>;

/** Listens to the process that has forked this one. It sends the next request when the last is answered. */
export function serveTasks(tasks: TaskTable, runtime: Promise<Runtime>, limits = defaultLimits): void {
  const kept = new Kept(limits);
  let asking: AbortController | undefined;
  const tell = (news: News) => process.connected && process.send?.(news);
  process.on('message', async (message) => {
    const order = orderSchema.parse(message);
    if (order.type === 'cancel') return asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const answer = await answerTo(order, tasks, async () => createContext(order, await runtime, kept, signal, tell));
    // Programs stay as long as the process does. Before the answer, after which the next request would come.
    if (kept.trim()) tell({ type: 'full' });
    tell(answer);
  });
  tell({ type: 'ready' });
  // If there is none, the first request is told so.
  runtime.catch(() => undefined);
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches all processes of a terminal; the server says what becomes of this one.
  process.on('SIGINT', () => undefined);
}

async function answerTo(
  { id, task: name, request }: Question,
  tasks: TaskTable,
  createContext: () => Promise<TaskContext>,
): Promise<News> {
  try {
    const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
    if (task === undefined)
      throw new UserError(`task "${name}": there is none; known: ${Object.keys(tasks).join(', ')}.`);
    const parsed = task.request.safeParse(JSON.parse(request));
    if (!parsed.success) throw new UserError(`task ${name}: ${parsed.error.issues.map(describeIssue).join('; ')}.`);
    const result = JSON.stringify(await task.run(parsed.data, await createContext())) ?? 'null';
    if (result.length <= mostResultBytes) return { type: 'result', id, result };
    throw new UserError(
      `task ${name}: the answer has ${megabytes(result.length)}, more than the ${megabytes(mostResultBytes)} that a page ` +
        'can take. Ask for fewer or smaller images.',
    );
  } catch (error) {
    if (error instanceof UserError) return { type: 'problem', id, problem: error.message };
    console.error(error);
    const reason = error instanceof Error ? error.message : String(error);
    return {
      type: 'problem',
      id,
      problem: `task ${name}: ${reason}. This is a defect of Sagan; where the studio was started there is more about it.`,
    };
  }
}

function createContext(
  { id, folders }: Question,
  runtime: Runtime,
  kept: Kept,
  signal: AbortSignal,
  tell: (news: News) => void,
): TaskContext {
  let toldAt = 0;
  let fileBytes = 0;
  const folderOf = (run: string) => {
    const folder = folders.get(run);
    if (folder !== undefined) return folder;
    throw new UserError(
      `run "${run}": there is none of this name; expected one of the studio's folder. Choose another.`,
    );
  };
  const open: TaskContext['open'] = ({ run, checkpoint }) => kept.open(folderOf(run), checkpoint);
  const opened = (place: Place | undefined) => (place === undefined ? undefined : open(place));
  return {
    runtime,
    open,
    run: (name) => openRun(folderOf(name)),
    keep: (place, key, make, release) => kept.keep(opened(place), key, make, release),
    remember: (place, key, make) => kept.remember(opened(place), key, make),
    async progress(done, total, what) {
      // Only a turn of the event loop lets a cancellation in.
      await setImmediate();
      if (signal.aborted) throw new UserError('the request was withdrawn');
      if (done < total && performance.now() < toldAt + progressEveryMs) return;
      toldAt = performance.now();
      tell({ type: 'progress', id, progress: { done, total, what } });
    },
    file(file) {
      const { name, type, bytes } = file;
      fileBytes += bytes.length;
      if (fileBytes > mostFileBytes) {
        throw new UserError(
          `${name}: it would take ${megabytes(fileBytes)} to download, more than the ${megabytes(mostFileBytes)} that the ` +
            'studio hands out at a time. Ask for fewer or smaller images, or use the command line.',
        );
      }
      const key = randomBytes(16).toString('hex');
      tell({ type: 'file', id, key, file });
      return { url: `/api/files/${key}`, name, type, sizeBytes: bytes.length };
    },
  };
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return `${path.length === 0 ? 'the request' : path.map(String).join('.')}: ${message}`;
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
