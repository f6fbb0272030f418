// Acts: everything a person can commit, as messages to the kernel, and what the screen shows of
// them until the kernel has answered.

import { colorOf } from "./colors.ts";
import {
  BACKGROUND,
  NOBODY,
  type AttributeValue,
  type BoxRow,
  type ClickRow,
  type ImageStatus,
  type PointRow,
  type SegmentedObject,
  type WholeScene,
} from "./protocol.ts";

/** The messages of docs/contract.md, without their sender. */
export type Act =
  | { command: "add_click"; x: number; y: number; object_id: number | null }
  | { command: "aim"; x: number; y: number }
  | { command: "press"; x: number; y: number; object_id: number | null }
  | { command: "move_click"; index: number; at: PointRow; x: number; y: number }
  | { command: "delete_click"; index: number; at: PointRow }
  | { command: "add_object" }
  | { command: "prompt_box"; object_id: number | null; box: BoxRow }
  | { command: "set_bound"; object_id: number; bound: BoxRow | null }
  | { command: "remove_object"; object_id: number | null }
  | { command: "activate"; object_id: number | null }
  | { command: "set_label"; object_id: number | null; label: string | null }
  | { command: "rename"; object_id: number | null; name: string }
  | { command: "set_color"; object_id: number; color: string }
  | { command: "set_attribute"; object_id: number; name: string; value: AttributeValue | null }
  | { command: "set_visible"; object_id: number | null; visible: boolean }
  | { command: "lock"; object_id: number | null }
  | { command: "unlock"; object_id: number | null }
  | { command: "brush"; object_id: number | null; path: readonly PointRow[]; radius: number }
  | { command: "erase"; object_id: number | null; path: readonly PointRow[]; radius: number }
  | { command: "polygon"; object_id: number | null; points: readonly PointRow[] }
  | { command: "undo" }
  | { command: "redo" }
  | { command: "reset" }
  | { command: "save_pictures" }
  | { command: "next_image" }
  | { command: "previous_image" }
  | { command: "go_to_image"; to: number }
  | { command: "mark_image"; status: ImageStatus }
  | { command: "show_images"; status: ImageStatus | null }
  | { command: "dismiss_error" }
  | { command: "send_image" }
  | { command: "send_clicks" }
  | { command: "send_detail"; box: BoxRow; pixels: number; image: boolean };

/** An act that a hand drew, and the colour of what it draws. */
export interface Drawn {
  readonly act: Extract<Act, { command: "brush" | "erase" | "polygon" | "prompt_box" }>;
  readonly color: string;
}

/** What is decided about an object that the kernel has not given yet. */
export type Nameless = Pick<SegmentedObject, "visible" | "locked">;

/** Nobody has decided anything. */
export const UNTOUCHED: Nameless = { visible: true, locked: false };

/** What is drawn: the kernel's scene, and on top of it the acts that it has not received yet. */
export interface Shown {
  readonly scene: WholeScene;
  readonly clicks: readonly ClickRow[];
  /** Clicks of the list that the kernel does not know yet. */
  readonly sent: ReadonlySet<ClickRow>;
  /** What a hand drew and the kernel has not made pixels of. */
  readonly drawn: readonly Drawn[];
  /** Whose acts are; null: the active object's or a new one's, and the kernel knows which. */
  readonly owner: number | null;
  /** By acts on their way another object may have become active, or none: the kernel knows. */
  readonly unsure: boolean;
  /** An object without a pixel is on its way: acts on the active object are acts on that one. */
  readonly starting: boolean;
  /** A new object is on its way and will be the active one, unless the kernel refuses it. */
  readonly newcomer: boolean;
  /** The id that this newcomer will get. */
  readonly coming: number;
  /** The id that the next one will get. */
  readonly nextId: number;
  /** What acts on their way made of the active object, where its id is not known. */
  readonly nameless: Nameless;
  /** Objects that get clicks or pixels by acts on their way. */
  readonly given: ReadonlySet<number>;
}

/** What can be undone as soon as it is sent. */
const UNDOABLE: ReadonlySet<Act["command"]> = new Set([
  "add_click",
  "move_click",
  "delete_click",
  "add_object",
  "prompt_box",
  "set_bound",
  "remove_object",
  "set_label",
  "rename",
  "set_color",
  "set_attribute",
  "set_visible",
  "lock",
  "unlock",
  "brush",
  "erase",
  "polygon",
  "redo",
  "reset",
]);

/** Shows an act at once, where that is cheap and certain; everything else waits for the kernel. */
export function showAtOnce(shown: Shown, act: Act): Shown {
  const given = receiver(act, shown.scene.active);
  const next = step(given ? { ...shown, given: new Set([...shown.given, given]) } : shown, act);
  if (act.command === "undo") return { ...next, scene: { ...next.scene, can_redo: true } };
  if (!UNDOABLE.has(act.command)) return next;
  return { ...next, scene: { ...next.scene, can_undo: true } };
}

/** The object that gets clicks or pixels by an act; null for none, or one without an id yet. */
function receiver(act: Act, active: number | null): number | null {
  switch (act.command) {
    case "add_click":
    case "prompt_box":
    case "brush":
    case "polygon":
      return act.object_id ?? active;
    default:
      return null;
  }
}

function step(shown: Shown, act: Act): Shown {
  const { scene, clicks, nextId } = shown;
  // No newcomer is on its way, or a new one.
  const none = { newcomer: false, coming: NOBODY, nameless: UNTOUCHED };
  const another = {
    newcomer: true,
    coming: nextId,
    nextId: nextId === NOBODY ? NOBODY : nextId + 1,
    nameless: UNTOUCHED,
  };
  const change = (id: number | null, changed: Partial<Nameless>) => {
    const known = id ?? scene.active;
    if (known === null) return { ...shown, nameless: { ...shown.nameless, ...changed } };
    const objects = scene.objects.map((each) =>
      each.id === known ? { ...each, ...changed } : each,
    );
    return { ...shown, scene: { ...scene, objects } };
  };
  switch (act.command) {
    case "add_click": {
      const next = bringsObject(shown, act.object_id) ? { ...shown, ...another } : shown;
      const click: ClickRow = [act.x, act.y, act.object_id ?? scene.active ?? next.coming];
      const sent = new Set([...shown.sent, click]);
      const starting = shown.starting && act.object_id === BACKGROUND;
      const unsure = shown.unsure || next.newcomer;
      return { ...next, clicks: [...clicks, click], sent, starting, unsure };
    }
    case "move_click": {
      const before = clicks[act.index];
      if (!before) return shown;
      const moved: ClickRow = [act.x, act.y, before[2]];
      return {
        ...shown,
        clicks: clicks.with(act.index, moved),
        sent: new Set([...shown.sent, moved]),
      };
    }
    case "delete_click":
      return { ...shown, clicks: clicks.toSpliced(act.index, 1) };
    case "prompt_box":
    case "brush":
    case "polygon":
    case "erase": {
      const brings = act.command !== "erase" && bringsObject(shown, act.object_id);
      const next = brings ? { ...shown, ...another } : shown;
      const owner = act.object_id ?? scene.active ?? next.coming;
      const color = scene.objects.find(({ id }) => id === owner)?.color ?? colorOf(owner);
      const unsure = shown.unsure || next.newcomer;
      const starting = shown.starting && (act.command === "erase" || act.object_id === BACKGROUND);
      return { ...next, unsure, starting, drawn: [...shown.drawn, { act, color }] };
    }
    case "add_object": {
      // Its id is the kernel's to give: until it is here, acts name the active object by null.
      const without = { ...scene, active: null };
      return {
        ...shown,
        scene: without,
        owner: null,
        starting: true,
        unsure: true,
        ...another,
      };
    }
    case "activate": {
      const active = act.object_id;
      const chosen = { ...scene, active };
      return {
        ...shown,
        scene: chosen,
        owner: active,
        starting: false,
        unsure: false,
        ...none,
      };
    }
    case "undo":
    case "redo":
    case "reset":
      // Objects come and go by these: which one is active then, the kernel will say.
      return { ...shown, owner: null, unsure: true, starting: false, ...none };
    case "remove_object": {
      const { object_id: id } = act;
      // What is locked stays, and what null names is not certain: the kernel will say.
      const goes = scene.objects.some((each) => each.id === id && !each.locked);
      const objects = scene.objects.filter((each) => !goes || each.id !== id);
      const left = { ...shown, clicks: clicks.filter((click) => !goes || click[2] !== id) };
      if (id !== null && id !== scene.active) return { ...left, scene: { ...scene, objects } };
      return {
        ...left,
        scene: { ...scene, objects, active: null },
        owner: null,
        unsure: true,
        starting: false,
        ...none,
      };
    }
    case "set_visible":
      return change(act.object_id, { visible: act.visible });
    case "lock":
      return change(act.object_id, { locked: true });
    case "unlock":
      return change(act.object_id, { locked: false });
    default:
      return shown;
  }
}

/** Whether an act on nobody in particular makes one more object, for certain. */
function bringsObject({ scene, unsure, newcomer }: Shown, given: number | null): boolean {
  return !newcomer && !unsure && (given ?? scene.active) === null;
}
