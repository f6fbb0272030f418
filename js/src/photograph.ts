// The photograph: decodes the previews that the kernel sent, and frees them again.

interface Decoding {
  readonly done: Promise<ImageBitmap>;
  bitmap: ImageBitmap | null;
}

export class Photograph {
  #bitmap: ImageBitmap | null = null;
  #shown: DataView | null = null;
  #wanted: DataView | null = null;
  #prepared: DataView | null = null;
  /** Of what is shown, wanted and prepared, and of nothing else. */
  readonly #decodings = new Map<DataView, Decoding>();

  constructor(readonly changed: () => void) {}

  get bitmap(): ImageBitmap | null {
    return this.#bitmap;
  }

  /**
   * Shows bytes, at once if they were prepared; of several that arrive in a row only the last.
   *
   * @param other what may be shown next; null for nothing.
   */
  async load(data: DataView, other: DataView | null = null): Promise<void> {
    this.#wanted = data;
    this.prepare(other);
    const decoding = this.#decode(data);
    // Where the bitmap is there already, it is shown before this returns.
    if (!decoding.bitmap) await decoding.done;
    if (this.#wanted !== data) return;
    this.#bitmap = decoding.bitmap;
    this.#shown = data;
    this.#freeOthers();
    this.changed();
  }

  /** Decodes what may be shown next, in place of what was prepared before; null for nothing. */
  prepare(data: DataView | null): void {
    if (data === this.#prepared) return;
    this.#prepared = data;
    this.#freeOthers();
    // What cannot be decoded says so when it is to be shown.
    if (data) this.#decode(data).done.catch(() => undefined);
  }

  free(): void {
    this.#bitmap = this.#shown = this.#wanted = this.#prepared = null;
    this.#freeOthers();
  }

  #decode(data: DataView): Decoding {
    const known = this.#decodings.get(data);
    if (known) return known;
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    const decoding: Decoding = { done: createImageBitmap(new Blob([bytes])), bitmap: null };
    this.#decodings.set(data, decoding);
    void decoding.done.then(
      (bitmap) => {
        if (this.#decodings.get(data) === decoding) decoding.bitmap = bitmap;
        else bitmap.close();
      },
      () => this.#decodings.delete(data),
    );
    return decoding;
  }

  #freeOthers(): void {
    for (const [data, { bitmap }] of this.#decodings) {
      if (data === this.#shown || data === this.#wanted || data === this.#prepared) continue;
      this.#decodings.delete(data);
      bitmap?.close();
    }
  }
}
