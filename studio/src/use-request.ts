/** Hooks that ask the server while a component is shown. */
import { useEffect, useState } from 'preact/hooks';
import type { TaskName, TaskRequest, TaskResult } from '../../src/compute/tasks/index.ts';
import { compute, isAbort, type Progress, problemOf } from './api.ts';

export interface Asked<Result> {
  /** The newest answer; while the next is awaited, the one before. */
  readonly result: Result | undefined;
  readonly isBusy: boolean;
  /** Of the request under way, where it tells. */
  readonly progress: Progress | undefined;
  /** Why the newest request has failed. */
  readonly problem: string | undefined;
  /** Asks the same once more. */
  again(): void;
}

interface Answer<Result> {
  readonly result?: Result;
  readonly problem?: string;
  readonly progress?: Progress;
  /** Of the request that this is the answer to. */
  readonly key?: string;
}

export type Work<Result> = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Result>;

/**
 * The answers to a question that changes. `wanted` is `key`, and changes with every `again`, too; `answer` does the work for what
 * was wanted and tells how it went, until its signal says that nobody wants to know.
 */
export function useAnswers<Result>(key: string | undefined) {
  const [answer, setAnswer] = useState<Answer<Result>>({});
  const [attempt, setAttempt] = useState(0);
  const wanted = key === undefined ? undefined : `${attempt} ${key}`;
  const isBusy = wanted !== undefined && answer.key !== wanted;
  const asked: Asked<Result> = {
    result: answer.result,
    isBusy,
    progress: isBusy ? answer.progress : undefined,
    problem: isBusy ? undefined : answer.problem,
    again: () => setAttempt((count) => count + 1),
  };
  return {
    wanted,
    asked,
    async answer(key: string, work: Work<Result>, signal: AbortSignal): Promise<void> {
      const tell = (change: Answer<Result>) => {
        if (!signal.aborted) setAnswer(({ result }) => ({ ...(result !== undefined && { result }), ...change }));
      };
      try {
        tell({ result: await work(signal, (progress) => tell({ progress })), key });
      } catch (error) {
        if (!isAbort(error)) tell({ problem: problemOf(error), key });
      }
    },
  };
}

/**
 * Does `work` whenever `key` changes, aborting what is under way; nothing while `key` is undefined. `key` must say all that the
 * answer depends on.
 */
export function useRequest<Result>(key: string | undefined, work: Work<Result>): Asked<Result> {
  const { wanted, asked, answer } = useAnswers<Result>(key);
  useEffect(() => {
    if (wanted === undefined) return;
    const abort = new AbortController();
    void answer(wanted, work, abort.signal);
    return () => abort.abort();
  }, [wanted]);
  return asked;
}

/** Asks a compute task whenever the request changes; nothing while it is undefined. */
export function useCompute<Name extends TaskName>(
  task: Name,
  request: TaskRequest<Name> | undefined,
): Asked<TaskResult<Name>> {
  const key = request === undefined ? undefined : `${task} ${JSON.stringify(request)}`;
  return useRequest(key, (signal, onProgress) => {
    if (request === undefined) throw new Error('nothing is asked for');
    return compute(task, request, { signal, onProgress });
  });
}
