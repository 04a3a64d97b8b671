import { useEffect, useMemo, useState } from 'preact/hooks';
import { isAbort, type Progress, problemOf } from '../../api.ts';
import { followNewest } from '../../follow-newest.ts';
import type { Asked } from '../../use-request.ts';

interface Wanted<Result> {
  readonly key: string;
  readonly work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Result>;
}

interface Answer<Result> {
  readonly result?: Result;
  readonly problem?: string;
  readonly progress?: Progress;
  readonly key?: string;
}

/**
 * As `useRequest`, for what changes under a slider: what is under way is not stopped, so that its answer is seen, and after it
 * comes what is newest by then.
 */
export function useNewest<Result>(key: string | undefined, work: Wanted<Result>['work']): Asked<Result> {
  const [answer, setAnswer] = useState<Answer<Result>>({});
  const [attempt, setAttempt] = useState(0);
  const follower = useMemo(
    () =>
      followNewest(async ({ key: asked, work: doIt }: Wanted<Result>, signal) => {
        const tell = (change: Answer<Result>) =>
          setAnswer(({ result }) => ({ ...(result !== undefined && { result }), ...change }));
        try {
          tell({ result: await doIt(signal, (progress) => tell({ progress })), key: asked });
        } catch (error) {
          if (!isAbort(error)) tell({ problem: problemOf(error), key: asked });
        }
      }),
    [],
  );
  useEffect(() => () => follower.stop(), []);
  const wanted = key === undefined ? undefined : `${attempt} ${key}`;
  useEffect(() => {
    if (wanted !== undefined) follower.want({ key: wanted, work });
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
