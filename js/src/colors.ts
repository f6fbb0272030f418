// Colours: from the kernel's "#RRGGBB" to what canvases and pixels need.

/** What the kernel gives to objects, in the order of their ids (dynamite_widget/palette.py). */
// prettier-ignore
const PALETTE = [
  "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
  "#771122", "#AAEECC", "#553355", "#00FFFF", "#1100CC", "#007766", "#AA2200",
  "#3388FF", "#00CC88", "#AA3355", "#AAFFAA", "#BB5544", "#AA3388",
] as const;
/** Of what only the kernel knows whose it is. */
const NOBODYS_COLOR = "#9E9E9E";

/** The colour that an object has from the start; of an id that is not known, no object's. */
export function colorOf(id: number): string {
  return PALETTE[(id - 1) % PALETTE.length] ?? NOBODYS_COLOR;
}

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
