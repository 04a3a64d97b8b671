import { useEffect, useMemo } from 'preact/hooks';
import { followNewest } from '../../follow-newest.ts';
import { type Asked, useAnswers, type Work } from '../../use-request.ts';

interface Wanted<Result> {
  readonly key: string;
  readonly work: Work<Result>;
}

/**
 * As `useRequest`, for what changes under a slider: what is under way is not stopped, so that its answer is seen, and after it
 * comes what is newest by then.
 */
export function useNewest<Result>(key: string | undefined, work: Work<Result>): Asked<Result> {
  const { wanted, asked, answer } = useAnswers<Result>(key);
  const follower = useMemo(
    () => followNewest(({ key, work }: Wanted<Result>, signal) => answer(key, work, signal)),
    [],
  );
  useEffect(() => () => follower.stop(), []);
  useEffect(() => {
    if (wanted !== undefined) follower.want({ key: wanted, work });
  }, [wanted]);
  return asked;
}
