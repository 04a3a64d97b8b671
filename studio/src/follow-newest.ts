/**
 * Does one thing at a time, and then what is newest: under a pointer that moves all the time each answer is still seen, and
 * nothing that was overtaken is begun. `work` is told to stop by `stop` alone.
 */
export function followNewest<Wanted>(work: (wanted: Wanted, signal: AbortSignal) => Promise<void>): {
  want(wanted: Wanted): void;
  stop(): void;
} {
  const abort = new AbortController();
  let next: { readonly wanted: Wanted } | undefined;
  let isWorking = false;
  const go = async () => {
    isWorking = true;
    for (let now = next; now !== undefined && !abort.signal.aborted; now = next) {
      next = undefined;
      await work(now.wanted, abort.signal);
    }
    isWorking = false;
  };
  return {
    want(wanted) {
      next = { wanted };
      if (!isWorking) void go();
    },
    stop: () => abort.abort(),
  };
}
