// Bytes to label map by run-lengths: the reader of version 2 of what
// dynamite_widget/run_lengths.py writes.

/*! fflate, https://github.com/101arrowz/fflate, MIT licence, Copyright (c) Arjun Barrett */
import { unzlibSync } from "fflate";
import type { Size } from "./viewport.ts";

/** A label map as runs: run i starts at pixel starts[i] (row-major) and carries labels[i]. */
export interface Runs extends Size {
  readonly starts: Uint32Array;
  readonly labels: Uint8Array | Uint16Array;
}

const VERSION = 2;
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
  const planes = inflate(data);
  const expected = count * (4 + labelBytes);
  if (count < 1 || planes.length !== expected) {
    throw new Error(`${count} runs take ${expected} bytes, not ${planes.length}`);
  }
  const lengths = fromPlanes(planes.subarray(0, 4 * count), new Uint32Array(count));
  const labels = fromPlanes(
    planes.subarray(4 * count),
    new (labelBytes === 1 ? Uint8Array : Uint16Array)(count),
  );
  return { width, height, starts: startsOf(lengths, pixels), labels };
}

function inflate(data: DataView): Uint8Array {
  const { buffer, byteOffset, byteLength } = data;
  try {
    return unzlibSync(new Uint8Array(buffer, byteOffset + HEADER_BYTES, byteLength - HEADER_BYTES));
  } catch (error) {
    throw new Error(`the packed bytes of run-lengths cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
}

/** Puts the bytes of numbers together again: the lowest of all, then the next ones, and so on. */
function fromPlanes<Numbers extends Uint8Array | Uint16Array | Uint32Array>(
  planes: Uint8Array,
  into: Numbers,
): Numbers {
  const count = into.length;
  for (let plane = 0; plane < into.BYTES_PER_ELEMENT; plane++) {
    for (let i = 0; i < count; i++) {
      into[i] = (into[i] ?? 0) | ((planes[plane * count + i] ?? 0) << (8 * plane));
    }
  }
  return into;
}

/** Turns lengths into starts, in place. */
function startsOf(lengths: Uint32Array, pixels: number): Uint32Array {
  let end = 0;
  lengths.forEach((length, run) => {
    if (length < 1) throw new Error("a run has at least one pixel");
    lengths[run] = end;
    end += length;
  });
  if (end !== pixels) throw new Error(`runs have ${pixels} pixels together, not ${end}`);
  return lengths;
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
