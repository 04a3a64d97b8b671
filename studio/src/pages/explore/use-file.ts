import { useEffect, useRef, useState } from 'preact/hooks';
import type { TaskRequest } from '../../../../src/compute/tasks/index.ts';
import type { MadeFile } from '../../../../src/server/api.ts';
import { compute, isAbort, type Progress, problemOf } from '../../api.ts';

interface Making {
  readonly made: { readonly file: MadeFile; readonly command: string; readonly key: string } | undefined;
  readonly progress: Progress | undefined;
  readonly problem: string | undefined;
  make(): void;
}

/** A file of the task `walk`: made when it is asked for. `made.key` is the request's, which may have changed since. */
export function useWalkFile(request: TaskRequest<'walk'>): Making & { readonly key: string } {
  const key = JSON.stringify(request);
  const [made, setMade] = useState<Making['made']>();
  const [progress, setProgress] = useState<Progress>();
  const [problem, setProblem] = useState<string>();
  const asking = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => asking.current?.abort(), []);
  const make = async () => {
    const abort = new AbortController();
    asking.current = abort;
    setMade(undefined);
    setProblem(undefined);
    setProgress({ done: 0, total: request.walk.frames, what: 'Making images' });
    try {
      const { file, command } = await compute('walk', request, { signal: abort.signal, onProgress: setProgress });
      if (file !== undefined) setMade({ file, command, key });
    } catch (error) {
      if (!isAbort(error)) setProblem(problemOf(error));
    }
    setProgress(undefined);
  };
  return { key, made, progress, problem, make: () => void make() };
}
