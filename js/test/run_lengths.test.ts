// The codec reads what Python wrote, wherever in a buffer it lies, and refuses all else.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { LabelMap } from "../src/label_map.ts";
import { decode } from "../src/run_lengths.ts";

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
  const good = Buffer.from(FIXTURES.at(-1)?.bytes ?? "", "base64");
  const changed = (offset: number, value: number) => {
    const copy = new Uint8Array(good);
    new DataView(copy.buffer).setUint32(offset, value, true);
    return new DataView(copy.buffer);
  };
  const cases: [string, DataView, RegExp][] = [
    ["none", new DataView(new ArrayBuffer(0)), /20 bytes of header, not 0/],
    ["cut off", new DataView(new Uint8Array(good.subarray(0, -1)).buffer), /take \d+ bytes, not/],
    ["of another version", changed(0, 2), /version 1 are understood, not 2/],
    ["without pixels", changed(4, 0), /pixels, not 0 x 64/],
    ["of a monstrous size", changed(8, 2 ** 31), /has 1 to/],
    ["with labels of three bytes", changed(16, 3), /1 or 2 bytes, not 3/],
    ["with runs that do not rise", changed(24, 0), /rise strictly/],
    ["with runs beyond the end", changed(24, 2 ** 30), /rise strictly/],
  ];
  for (const [name, data, says] of cases) test(name, () => assert.throws(() => decode(data), says));
});
