import { useEffect, useState } from 'preact/hooks';

const tickMs = 10_000;

/** The time in milliseconds, every ten seconds. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}
