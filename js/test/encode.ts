// Writes small label maps as the kernel does, one character a pixel, for tests.
import { deflateSync } from "node:zlib";

export function encode(rows: readonly string[]): DataView {
  const ids = Array.from(rows.join(""), Number);
  const starts = ids.flatMap((id, i) => (i === 0 || id !== ids[i - 1] ? [i] : []));
  const lengths = starts.map((start, run) => (starts[run + 1] ?? ids.length) - start);
  const labels = starts.map((start) => ids[start] ?? 0);
  return packed([2, rows.length, rows[0]?.length ?? 0, starts.length, 1], lengths, labels);
}

/** A header, and runs whose labels have one byte. */
export function packed(
  header: readonly number[],
  lengths: readonly number[],
  labels: readonly number[],
): DataView {
  const planes = [0, 8, 16, 24].flatMap((bits) => lengths.map((length) => (length >>> bits) & 255));
  const body = deflateSync(Uint8Array.from([...planes, ...labels]));
  const data = new DataView(new ArrayBuffer(20 + body.length));
  header.forEach((value, i) => data.setUint32(4 * i, value, true));
  new Uint8Array(data.buffer).set(body, 20);
  return data;
}
