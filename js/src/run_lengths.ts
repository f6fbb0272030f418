// Bytes to label map by run-lengths: the reader of what dynamite_widget/run_lengths.py writes.

import type { Size } from "./viewport.ts";

/** A label map as runs: run i starts at pixel starts[i] (row-major) and carries labels[i]. */
export interface Runs extends Size {
  readonly starts: Uint32Array;
  readonly labels: Uint8Array | Uint16Array;
}

const VERSION = 1;
const MAX_PIXELS = 2 ** 31;
const HEADER_BYTES = 20;

/** Reads run-lengths; throws an Error that says what is wrong with the bytes. */
export function decode(data: DataView): Runs {
  if (data.byteLength < HEADER_BYTES) {
    throw new Error(`run-lengths need ${HEADER_BYTES} bytes of header, not ${data.byteLength}`);
  }
  const field = (index: number) => data.getUint32(4 * index, true);
  const [version, height, width, count, labelBytes] = [0, 1, 2, 3, 4].map(field) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (version !== VERSION) {
    throw new Error(`run-lengths of version ${VERSION} are understood, not ${version}`);
  }
  if (labelBytes !== 1 && labelBytes !== 2) {
    throw new Error(`a label has 1 or 2 bytes, not ${labelBytes}`);
  }
  const pixels = height * width;
  if (pixels < 1 || pixels > MAX_PIXELS) {
    throw new Error(`a label map has 1 to ${MAX_PIXELS} pixels, not ${height} x ${width}`);
  }
  const expected = HEADER_BYTES + count * (4 + labelBytes);
  if (count < 1 || data.byteLength !== expected) {
    throw new Error(`${count} runs take ${expected} bytes, not ${data.byteLength}`);
  }
  // A view on a message's buffer may begin anywhere; typed arrays need their own alignment.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer;
  const starts = new Uint32Array(bytes, HEADER_BYTES, count);
  const labels = new (labelBytes === 1 ? Uint8Array : Uint16Array)(
    bytes,
    HEADER_BYTES + 4 * count,
    count,
  );
  for (let run = 0; run < count; run++) {
    const least = run === 0 ? 0 : (starts[run - 1] ?? 0) + 1;
    const start = starts[run] ?? 0;
    if (start < least || start >= pixels || (run === 0 && start !== 0)) {
      throw new Error("run starts must rise strictly from 0 and stay below height * width");
    }
  }
  return { width, height, starts, labels };
}

/** Calls `paint(start, end, label)` for every run, in row-major order of pixels. */
export function forEachRun(
  runs: Runs,
  paint: (start: number, end: number, label: number) => void,
): void {
  const { starts, labels } = runs;
  const pixels = runs.width * runs.height;
  for (let run = 0; run < starts.length; run++) {
    paint(starts[run] ?? 0, starts[run + 1] ?? pixels, labels[run] ?? 0);
  }
}
