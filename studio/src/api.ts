/** Requests to the studio's server, with the types of src/server/api.ts. */
import type { TaskName, TaskRequest, TaskResult } from '../../src/compute/tasks/index.ts';
import type {
  ComputeLine,
  Control,
  NewRun,
  Problem,
  Resumption,
  RunDetail,
  RunSummary,
  Series,
  Studio,
} from '../../src/server/api.ts';
import { linesOf } from './lines.ts';

/** The server refused, or a task failed; the message is for people. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** Of the server's answer; undefined where a task failed. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** Nobody answered. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly what: string;
}

const runAddress = (run: string, rest = '') => `/api/runs/${encodeURIComponent(run)}${rest}`;

/** What the server knows and does. All throw ProblemError or NoAnswerError. */
export const api = {
  studio: (signal?: AbortSignal) => read<Studio>('/api/studio', signal),
  runs: (signal?: AbortSignal) => read<readonly RunSummary[]>('/api/runs', signal),
  run: (run: string, signal?: AbortSignal) => read<RunDetail>(runAddress(run), signal),
  /** All series without `names`; `from` and `to` are steps. */
  series(
    run: string,
    { names, from, to }: { names?: readonly string[]; from?: number; to?: number } = {},
    signal?: AbortSignal,
  ) {
    const query = new URLSearchParams();
    if (names !== undefined) query.set('names', names.join(','));
    if (from !== undefined) query.set('from', String(from));
    if (to !== undefined) query.set('to', String(to));
    const text = query.toString();
    return read<Series>(runAddress(run, `/series${text === '' ? '' : `?${text}`}`), signal);
  },
  /** The last lines that the training process has printed. */
  async output(run: string, signal?: AbortSignal): Promise<string> {
    return await (await ask(runAddress(run, '/output'), { signal: signal ?? null })).text();
  },
  start: (run: NewRun) => write<RunSummary>('POST', '/api/runs', run),
  resume: (run: string, resumption: Resumption = {}) =>
    write<RunSummary>('POST', runAddress(run, '/resume'), resumption),
  control: (run: string, control: Control) => write<RunSummary>('POST', runAddress(run, '/control'), control),
  /** Deletes the run's folder for good. */
  remove: (run: string) => write<object>('DELETE', runAddress(run), { confirm: run }),
};

/** Address of a sample sheet. `version` tells it from those that stood there before: browsers show what they have loaded. */
export function sampleAddress(run: string, step: number, version?: string): string {
  return runAddress(run, `/samples/${step}${version === undefined ? '' : `?version=${encodeURIComponent(version)}`}`);
}

/** Address of a run's stream of events, after the event of that seq. */
export function streamAddress(run: string, after: number): string {
  return runAddress(run, `/stream?after=${after}`);
}

/**
 * Why the server refuses a stream, which an EventSource never learns: the status of its answer. Undefined where it does not
 * refuse, or does not answer.
 */
export async function refusalOf(address: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    await (await ask(address, { signal })).body?.cancel();
    return undefined;
  } catch (error) {
    return error instanceof ProblemError ? error.status : undefined;
  }
}

/**
 * Asks a compute task, and tells how far it is.
 *
 * Throws ProblemError with the task's own words, NoAnswerError, or an AbortError once `signal` is aborted.
 */
export async function compute<Name extends TaskName>(
  task: Name,
  request: TaskRequest<Name>,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<TaskResult<Name>> {
  const response = await ask(`/api/compute/${task}`, { ...jsonBody('POST', request), signal: signal ?? null });
  if (response.body === null) throw new NoAnswerError(noAnswer);
  try {
    for await (const text of linesOf(response.body)) {
      const line: ComputeLine<TaskResult<Name>> = JSON.parse(text);
      if ('progress' in line) onProgress?.(line.progress);
      else if ('problem' in line) throw new ProblemError(line.problem);
      else return line.result;
    }
  } catch (error) {
    // So browsers say that a connection broke off while it was read.
    throw error instanceof TypeError ? new NoAnswerError(noAnswer, { cause: error }) : error;
  }
  throw new NoAnswerError(
    `The task "${task}" ended without an answer: the process that computes has died. Ask once more; it is started anew.`,
  );
}

/** What to tell a person about an error. */
export function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error only says that nobody wants the answer any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

const noAnswer = "The studio's server does not answer; it may have been stopped. Run sagan studio again.";

async function read<Answer>(address: string, signal?: AbortSignal): Promise<Answer> {
  return await (await ask(address, { signal: signal ?? null })).json();
}

async function write<Answer>(method: 'POST' | 'DELETE', address: string, body: object): Promise<Answer> {
  return await (await ask(address, jsonBody(method, body))).json();
}

function jsonBody(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function ask(address: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    throw isAbort(error) ? error : new NoAnswerError(noAnswer, { cause: error });
  }
  if (response.ok) return response;
  const text = await response.text();
  throw new ProblemError(
    problemIn(text) ?? `The server refused this (${response.status}): ${text || 'no reason given'}`,
    response.status,
  );
}

function problemIn(text: string): string | undefined {
  try {
    const { problem }: Partial<Problem> = JSON.parse(text);
    return problem;
  } catch {
    return undefined;
  }
}
