/** Ctrl-C: the first asks training to stop, the second ends the process. */

export interface StopRequest {
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM, undefined before either. */
  readonly exitCode: () => number | undefined;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Listens for SIGINT and SIGTERM. At the first, `onStop` may say what happens next; the second does what it always does. */
export function listenForStop(onStop: () => void): StopRequest {
  const controller = new AbortController();
  let exitCode: number | undefined;
  for (const [name, code] of Object.entries(exitCodes)) {
    process.once(name, () => {
      // Without a listener the system ends the process, even inside a step.
      for (const other of Object.keys(exitCodes)) process.removeAllListeners(other);
      exitCode = code;
      onStop();
      controller.abort();
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
