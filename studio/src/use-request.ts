/** Hooks that ask the server while a component is shown. */
import { useEffect, useRef, useState } from 'preact/hooks';
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

type Work<Result> = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Result>;

/**
 * Does `work` whenever `key` changes, aborting what is under way; nothing while `key` is undefined. `key` must say all that the
 * answer depends on.
 */
export function useRequest<Result>(key: string | undefined, work: Work<Result>): Asked<Result> {
  const [answer, setAnswer] = useState<Answer<Result>>({});
  const [attempt, setAttempt] = useState(0);
  const newestWork = useRef(work);
  newestWork.current = work;
  const wanted = key === undefined ? undefined : `${attempt} ${key}`;
  useEffect(() => {
    if (wanted === undefined) return;
    const abort = new AbortController();
    const tell = (change: Answer<Result>) => {
      if (!abort.signal.aborted) setAnswer(({ result }) => ({ ...(result !== undefined && { result }), ...change }));
    };
    newestWork
      .current(abort.signal, (progress) => tell({ progress }))
      .then(
        (result) => tell({ result, key: wanted }),
        (error) => {
          if (!isAbort(error)) tell({ problem: problemOf(error), key: wanted });
        },
      );
    return () => abort.abort();
  }, [wanted]);
  const isBusy = wanted !== undefined && answer.key !== wanted;
  return {
    result: answer.result,
    isBusy,
    progress: isBusy ? answer.progress : undefined,
    problem: isBusy ? undefined : answer.problem,
    again: () => setAttempt((count) => count + 1),
  };
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
