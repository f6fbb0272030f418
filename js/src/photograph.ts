// The photograph: decodes the preview that the kernel sent, and frees it again.

export class Photograph {
  #bitmap: ImageBitmap | null = null;
  #decoding = 0;

  constructor(readonly changed: () => void) {}

  get bitmap(): ImageBitmap | null {
    return this.#bitmap;
  }

  /** Decodes new bytes; when two images arrive in a row, only the later one is kept. */
  async load(data: DataView): Promise<void> {
    const turn = ++this.#decoding;
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    const bitmap = await createImageBitmap(new Blob([bytes]));
    if (turn !== this.#decoding) {
      bitmap.close();
      return;
    }
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.changed();
  }

  free(): void {
    this.#decoding++;
    this.#bitmap?.close();
    this.#bitmap = null;
  }
}
