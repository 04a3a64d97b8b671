/**
 * Lets the newest call win: each aborts the one before. A call that was overtaken gives undefined, whatever became of it.
 */
export function latestWins<Arguments extends readonly unknown[], Result>(
  work: (signal: AbortSignal, ...given: Arguments) => Promise<Result>,
): { (...given: Arguments): Promise<Result | undefined>; cancel(): void } {
  let newest: AbortController | undefined;
  const call = async (...given: Arguments) => {
    newest?.abort();
    const mine = new AbortController();
    newest = mine;
    try {
      const result = await work(mine.signal, ...given);
      return mine.signal.aborted ? undefined : result;
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      throw error;
    }
  };
  return Object.assign(call, { cancel: () => newest?.abort() });
}
