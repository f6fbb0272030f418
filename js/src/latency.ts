// Latency: how long people waited, as they read it.

/** Seconds as people read them: 87 ms, 1.4 s. */
export function inWords(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}
