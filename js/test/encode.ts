// Writes small label maps as the kernel does, one character a pixel, for tests.

export function encode(rows: readonly string[]): DataView {
  const ids = Array.from(rows.join(""), Number);
  const starts = ids.flatMap((id, i) => (i === 0 || id !== ids[i - 1] ? [i] : []));
  const data = new DataView(new ArrayBuffer(20 + 5 * starts.length));
  [1, rows.length, rows[0]?.length ?? 0, starts.length, 1].forEach((value, i) =>
    data.setUint32(4 * i, value, true),
  );
  starts.forEach((start, i) => {
    data.setUint32(20 + 4 * i, start, true);
    data.setUint8(20 + 4 * starts.length + i, ids[start] ?? 0);
  });
  return data;
}
