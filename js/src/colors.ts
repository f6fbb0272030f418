// Colours: from the kernel's "#RRGGBB" to what canvases and pixels need.

/** Okabe and Ito's first colour: what the kernel gives to a first object. */
export const FIRST_COLOR = "#E69F00";

export type Rgb = readonly [red: number, green: number, blue: number];

export function parseColor(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** A word of ImageData, opaque (little-endian ABGR). */
export function pixelWord([red, green, blue]: Rgb): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Black or white, whichever reads better on the colour (WCAG relative luminance). */
export function inkOn([red, green, blue]: Rgb): "#000" | "#fff" {
  const linear = (part: number) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance > 0.179 ? "#000" : "#fff";
}
