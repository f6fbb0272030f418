// The list of clicks as a view keeps it: the kernel sends what changed, not all of them.

import type { ClickChange, ClickList } from "./protocol.ts";

/** The list that a change makes of a known one, or that is it already; null: of another one. */
export function followed(known: ClickList | undefined, change: ClickChange): ClickList | null {
  if (known?.number === change.number) return known;
  if (known?.number !== change.since) return null;
  const { at, removed, added, number } = change;
  const { clicks } = known;
  return { number, clicks: [...clicks.slice(0, at), ...added, ...clicks.slice(at + removed)] };
}
