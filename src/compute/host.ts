/**
 * The compute process from without: started when something is asked, ended when nothing is, and started again after whatever
 * becomes of it. Nothing here waits on the thread of whoever asks.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';
import { MadeFiles } from './made-files.ts';
import { type News, newsSchema, type Order, type Progress } from './protocol.ts';
import type { TaskFile } from './task.ts';

/** The same from src and from dist. */
const main = fileURLToPath(import.meta.url).replace(/host\.(\w+)$/, 'main.$1');

export interface ComputeHostOptions {
  /** The program of the process; default: that of Sagan's tasks. */
  readonly entry?: string;
  /**
   * A request without a word for so long is taken for lost, and the process with it. One call of ONNX Runtime blocks its
   * thread and says nothing; tasks make calls of seconds, so minutes are a loop without an end. Default: 3 minutes.
   */
  readonly silenceMs?: number;
  /** Nor may it take longer until the process listens. Default: a minute. */
  readonly startMs?: number;
  /** The process ends after so long without a request, which gives its memory back. Default: 10 minutes. */
  readonly idleMs?: number;
  /** Requests that may wait; more are refused. */
  readonly mostWaiting?: number;
}

export interface Question {
  readonly task: string;
  readonly request: unknown;
  /** Folders of the runs that the request names. */
  readonly folders: ReadonlyMap<string, string>;
}

export interface AskOptions {
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

interface Job {
  readonly order: Omit<Extract<Order, { type: 'ask' }>, 'id'>;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly resolve: (result: string) => void;
  readonly reject: (error: Error) => void;
}

export class ComputeHost {
  private readonly entry: string;
  private readonly silenceMs: number;
  private readonly startMs: number;
  private readonly idleMs: number;
  private readonly mostWaiting: number;
  private readonly files = new MadeFiles();
  private child: ChildProcess | undefined;
  /** Whether the process listens: on a busy machine it takes its time. */
  private isReady = false;
  /** Whether it is to be ended once it has answered. */
  private isFull = false;
  /** Why we are ending the process; undefined unless we are. */
  private ending: string | undefined;
  private isClosed = false;
  private waiting: Job[] = [];
  /** The request that the process works on. */
  private current: { readonly id: number; readonly job: Job } | undefined;
  private asked = 0;
  /** Runs out when the process has been silent, or idle, for too long. */
  private timer: NodeJS.Timeout | undefined;

  constructor(options: ComputeHostOptions = {}) {
    const { entry = main, silenceMs = 180_000, startMs = 60_000, idleMs = 600_000, mostWaiting = 64 } = options;
    this.entry = entry;
    this.silenceMs = silenceMs;
    this.startMs = startMs;
    this.idleMs = idleMs;
    this.mostWaiting = mostWaiting;
  }

  /** Its number; undefined unless it runs. */
  get processId(): number | undefined {
    return this.child?.pid;
  }

  /**
   * The answer of a task, as JSON. Requests are answered in their order, one at a time.
   *
   * Rejects with a UserError where the task refuses or fails, where the process ends before it has answered, where too many
   * wait already, and once `signal` says that nobody does.
   */
  async ask({ task, request, folders }: Question, { signal, onProgress }: AskOptions = {}): Promise<string> {
    if (this.isClosed) throw new UserError('the studio is being closed; start it again.');
    if (this.waiting.length >= this.mostWaiting) {
      throw new UserError(
        `${this.waiting.length} requests wait already; expected fewer. Try again when some are answered.`,
      );
    }
    const order = { type: 'ask', task, request: JSON.stringify(request), folders: new Map(folders) } as const;
    return new Promise((settle, fail) => {
      const stopListening = () => signal?.removeEventListener('abort', withdraw);
      const job: Job = {
        order,
        onProgress,
        resolve: (result) => {
          stopListening();
          settle(result);
        },
        reject: (error) => {
          stopListening();
          fail(error);
        },
      };
      const withdraw = () => this.withdraw(job);
      this.waiting.push(job);
      signal?.addEventListener('abort', withdraw);
      if (signal?.aborted) withdraw();
      this.next();
    });
  }

  /** What a task has made under this key, as long as it is kept. */
  file(key: string): TaskFile | undefined {
    return this.files.get(key);
  }

  /** Ends the process and refuses what waits. Resolves when it is gone. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.files.clear();
    for (const job of this.waiting.splice(0)) job.reject(new UserError('the studio is being closed'));
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    this.end('since the studio is being closed');
    await gone;
  }

  private withdraw(job: Job): void {
    this.waiting = this.waiting.filter((other) => other !== job);
    // The process is told, and nothing else asked before it has heard: until then it goes on.
    if (this.current?.job === job) this.send({ type: 'cancel', id: this.current.id });
    job.reject(new UserError('the request was withdrawn'));
  }

  private next(): void {
    if (this.current !== undefined || this.ending !== undefined) return;
    const job = this.waiting.shift();
    if (job === undefined) {
      if (this.child !== undefined) this.endAfter(this.idleMs, 'since nothing was asked');
      return;
    }
    this.child ??= this.start();
    this.asked++;
    this.current = { id: this.asked, job };
    this.send({ ...job.order, id: this.asked });
    if (this.isReady) this.listen();
  }

  private listen(): void {
    this.endAfter(this.silenceMs, `since it had not said a word for ${this.silenceMs / 1000} s`);
  }

  private hear(news: News): void {
    if (news.type === 'ready') {
      this.isReady = true;
      this.listen();
      return;
    }
    if (news.type === 'full') {
      this.isFull = true;
      return;
    }
    if (news.id !== this.current?.id) return;
    const { job } = this.current;
    this.listen();
    if (news.type === 'progress') job.onProgress?.(news.progress);
    else if (news.type === 'file') this.files.put(news.key, news.file);
    else {
      this.current = undefined;
      if (news.type === 'result') job.resolve(news.result);
      else job.reject(new UserError(news.problem));
      if (this.isFull) this.end('since it held too much memory');
      else this.next();
    }
  }

  private start(): ChildProcess {
    this.isReady = false;
    this.isFull = false;
    this.endAfter(this.startMs, `since it had not begun within ${this.startMs / 1000} s`);
    const child = fork(this.entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message) => this.hear(newsSchema.parse(message)));
    const end = (how: string) => this.child === child && this.ended(how);
    // After every message, unlike 'exit'; but a process that could not be started says nothing else than 'error'.
    child.on('close', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.on('error', (error) => child.pid === undefined && end(`it could not be started: ${error.message}`));
    return child;
  }

  private ended(how: string): void {
    clearTimeout(this.timer);
    const job = this.current?.job;
    const why = this.ending ?? `(${how})`;
    this.child = undefined;
    this.current = undefined;
    this.ending = undefined;
    job?.reject(
      new UserError(
        `the compute process ended ${why} before it had answered; it is started again when needed. Try once more.`,
      ),
    );
    this.next();
  }

  /** It holds nothing that could be lost, and may not listen. */
  private end(why: string): void {
    this.ending = why;
    clearTimeout(this.timer);
    this.child?.kill('SIGKILL');
  }

  private endAfter(timeMs: number, why: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(why), timeMs);
    this.timer.unref();
  }

  private send(order: Order): void {
    // Where it cannot be sent the process has ended, and 'close' is on its way.
    this.child?.send(order, () => undefined);
  }
}
