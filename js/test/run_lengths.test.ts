// The codec reads what Python wrote, wherever in a buffer it lies, and refuses all else.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { LabelMap } from "../src/label_map.ts";
import { decode } from "../src/run_lengths.ts";
import { packed } from "./encode.ts";

interface Fixture {
  name: string;
  height: number;
  width: number;
  ids: number[];
  bytes: string;
}

const FIXTURES = JSON.parse(
  readFileSync(new URL("fixtures/run_lengths.json", import.meta.url), "utf8"),
) as Fixture[];

function viewOf(bytes: string, offset = 0): DataView {
  const data = Buffer.from(bytes, "base64");
  const padded = new Uint8Array(data.length + offset + 5);
  padded.set(data, offset);
  return new DataView(padded.buffer, offset, data.length);
}

describe("bytes made by Python", () => {
  for (const { name, height, width, ids, bytes } of FIXTURES) {
    test(name, () => {
      const map = new LabelMap(viewOf(bytes));
      assert.deepEqual(map.size, { width, height });
      assert.deepEqual([...map.ids], ids);
    });
  }

  test("are read at any place of a message's buffer", () => {
    for (const { ids, bytes } of FIXTURES) {
      for (const offset of [1, 2, 3, 7]) {
        assert.deepEqual([...new LabelMap(viewOf(bytes, offset)).ids], ids);
      }
    }
  });
});

describe("bytes that are no label map are refused", () => {
  const header = [2, 2, 4, 3, 1];
  const changed = (field: number, value: number) =>
    packed(header.with(field, value), [3, 2, 3], [0, 1, 0]);
  const good = changed(0, 2);
  const cases: [string, DataView, RegExp][] = [
    ["none", new DataView(new ArrayBuffer(0)), /20 bytes of header, not 0/],
    ["cut off", new DataView(good.buffer, 0, good.byteLength - 6), /cannot be read/],
    ["of another version", changed(0, 1), /version 2 are understood, not 1/],
    ["without pixels", changed(1, 0), /pixels, not 0 x 4/],
    ["of a monstrous size", changed(2, 2 ** 31), /has 1 to/],
    ["of more runs than it says", changed(3, 2), /take 10 bytes/],
    ["of fewer runs than it says", changed(3, 4), /take 20 bytes/],
    ["with labels of three bytes", changed(4, 3), /1 or 2 bytes, not 3/],
    ["with a run of no pixels", packed(header, [3, 0, 5], [0, 1, 0]), /at least one pixel/],
    ["with too few pixels", packed(header, [3, 2, 2], [0, 1, 0]), /8 pixels together, not 7/],
    ["with too many pixels", packed(header, [3, 2, 2 ** 30], [0, 1, 0]), /pixels together, not/],
  ];
  for (const [name, data, says] of cases) test(name, () => assert.throws(() => decode(data), says));
});
