// Icons: drawn for this widget on a 16 × 16 grid, in the colour of the text beside them.

const PATHS = {
  click: "M8 2.5v3M8 10.5v3M2.5 8h3M10.5 8h3M8 8h.01",
  background: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.5 8h5",
  brush: "M13.5 2.5 7 9M9 11 5 7M5 7c-2 0-2.6 1.2-2.8 3.2-.1 1.2-.4 2.2-1 3 3 .5 7.8.2 7.8-2.2",
  eraser:
    "M6 13.5 2.5 10a1 1 0 0 1 0-1.4l6-6a1 1 0 0 1 1.4 0l3.6 3.6a1 1 0 0 1 0 1.4L7.6 13.5H13M5.5 5.7l5 5",
  polygon:
    "M8 2.5 13.5 6.5 11.5 13.2H4.5L2.5 6.5ZM8 2.5h.01M13.5 6.5h.01M11.5 13.2h.01M4.5 13.2h.01M2.5 6.5h.01",
  lasso:
    "M5 11.3C3.2 10.5 2 9 2 7.2 2 4.6 4.7 2.5 8 2.5s6 2.1 6 4.7-2.7 4.7-6 4.7c-.7 0-1.3-.1-1.9-.2M5 10.2a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8ZM4.5 13c0 .8-.4 1.2-1.2 1.5",
  box: "M3 5V3h2M11 3h2v2M13 11v2h-2M5 13H3v-2M7 3h2M7 13h2M3 7v2M13 7v2",
  hand: "M5.5 8V3.8a1 1 0 0 1 2 0V7M7.5 7V2.8a1 1 0 0 1 2 0V7M9.5 7.2V3.8a1 1 0 0 1 2 0V9c0 3-1.5 5-4 5s-3.3-1-5-4.3c-.5-1 .8-1.9 1.6-1L5.5 10V8",
  undo: "M5.5 3 2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13.5 6H7a4 4 0 0 0 0 8h3",
  reset: "M2.8 9.5A5.5 5.5 0 1 0 4 4.3M4 1.5v3h3",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  eyeOff:
    "M3 3l10 10M6.3 3.8A6 6 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a11 11 0 0 1-1.7 2.2M4.3 5A11 11 0 0 0 1.5 8S4 12.5 8 12.5a6 6 0 0 0 2.9-.7M6.7 6.7a2 2 0 0 0 2.7 2.7",
  lock: "M3.5 7.5h9v6h-9ZM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  unlock: "M3.5 7.5h9v6h-9ZM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1",
  solo: "M8 12.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M5.5 5.5h5v5h-5Z",
  fullscreen: "M6 6 2.5 2.5M2.5 6V2.5H6M10 10l3.5 3.5M10 13.5h3.5V10",
  save: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.5 11v2.5h11V11",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.3 6.3c.2-2.2 3.5-2.2 3.5-.1 0 1.3-1.8 1.5-1.8 2.9M8 11.3h.01",
  masksOnly: "M8 2 14 5.3 8 8.6 2 5.3ZM2.3 8.2 8 11.3l5.7-3.1M2.3 10.9 8 14l5.7-3.1",
  previous: "M10 3 5 8l5 5",
  next: "M6 3l5 5-5 5",
  done: "M3 8.5 6.5 12 13 4.5",
  skipped: "M4 3.5 9.5 8 4 12.5ZM12.5 4v8",
  flagged: "M4 14V2.5M4 3h8.5l-2.2 2.8 2.2 2.7H4",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  warning: "M8 2.2 14.5 13.5h-13ZM8 6.5v3.2M8 11.7h.01",
  close: "M4 4l8 8M12 4l-8 8",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("dw-icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
