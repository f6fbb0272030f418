// Latency: how long people waited between a click and its painted answer.

const KEPT = 100;

export class Latency {
  #seconds: number[] = [];

  add(seconds: number): void {
    this.#seconds.push(seconds);
    if (this.#seconds.length > KEPT) this.#seconds.shift();
  }

  get last(): number | null {
    return this.#seconds.at(-1) ?? null;
  }

  get median(): number | null {
    const sorted = this.#seconds.toSorted((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    const high = sorted[middle];
    const low = sorted[sorted.length % 2 ? middle : middle - 1];
    return high === undefined || low === undefined ? null : (low + high) / 2;
  }
}

/** Seconds as people read them: 87 ms, 1.4 s. */
export function inWords(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}
