// The kernel as one view sees it: traits read and joined with this view's unanswered acts, and
// messages sent. It knows nothing of the screen.

import { showAtOnce, UNTOUCHED, type Act, type Shown } from "./acts.ts";
import { followed } from "./click_log.ts";
import {
  NOBODY,
  type ClickChange,
  type ClickList,
  type ClickRow,
  type CollectionInfo,
  type Failure,
  type ImageInfo,
  type ImageStatus,
  type Model,
  type Saved,
  type Scene,
  type SegmentedObject,
  type Status,
  type Traits,
  type WholeScene,
} from "./protocol.ts";

/** Settings that people change on the screen and in Python alike. */
export type Setting =
  "opacity" | "click_radius" | "masks_only" | "outline" | "numbers" | "brightness" | "contrast";

const NO_SCENE: WholeScene = {
  version: 0,
  objects: [],
  recent_objects: [],
  objects_page: 0,
  active: null,
  labels: null,
  next_label: null,
  next_id: NOBODY,
  can_undo: false,
  can_redo: false,
  click_change: { number: 0, since: 0, at: 0, removed: 0, added: [] },
  others: [],
  received: {},
};

/** What a view sends of itself, with no act of a person behind it. */
const UNASKED: ReadonlySet<Act["command"]> = new Set<Act["command"]>([
  "aim",
  "press",
  "send_image",
  "send_clicks",
  "send_detail",
]);

/** What leaves an error standing: it does not go on with the work, or is about the error itself. */
const ASKING: ReadonlySet<Act["command"]> = new Set<Act["command"]>([
  ...UNASKED,
  "dismiss_error",
  "save_pictures",
]);

/** A move that the kernel has not heard of: its photograph is here already, and is shown at once. */
interface Move {
  readonly from: number;
  readonly to: ImageInfo;
  /** Of the message that asks for it. */
  readonly id: number;
}

interface Sent {
  readonly id: number;
  /** Of the image that the act is about. */
  readonly place: number;
  readonly act: Act;
  readonly at: number;
  /** Number of the error that stood there when a person did it; null if none did. */
  readonly error: number | null;
}

export class Kernel {
  readonly #model: Model;
  /** What this view is called in messages. */
  readonly view = crypto.getRandomValues(new Uint32Array(2)).join("-");
  #lastId = 0;
  #unanswered: Sent[] = [];
  #shown: Shown | null = null;
  #scene: WholeScene = NO_SCENE;
  #clicks: ClickList = { number: -1, clicks: [] };
  /** The number of the list that this view has asked for. */
  #askedFor = -1;
  #changed: () => void = () => undefined;
  #lost: (error: unknown) => void = () => undefined;
  #isGone = false;
  #move: Move | null = null;
  readonly #followers = new Set<() => void>();

  constructor(model: Model, signal: AbortSignal) {
    this.#model = model;
    const refresh = () => this.#refresh();
    this.on(["_scene", "_clicks", "_objects", "_image_info"], refresh, signal);
    refresh();
  }

  /** Calls back when any of the traits changes, until the signal aborts. */
  on(names: readonly (keyof Traits)[], callback: () => void, signal: AbortSignal): void {
    for (const name of names) this.#model.on(`change:${name}`, callback);
    if (names.includes("_image_info")) this.#followers.add(callback);
    signal.addEventListener("abort", () => {
      for (const name of names) this.#model.off(`change:${name}`, callback);
      this.#followers.delete(callback);
    });
  }

  /** Calls back when the scene changes, by the kernel or by an act of this view. */
  set changed(callback: () => void) {
    this.#changed = callback;
  }

  /** Calls back when the kernel is found to be gone, and again with each act that it misses. */
  set lost(callback: (error: unknown) => void) {
    this.#lost = callback;
  }

  /** It was restarted or ended, and nothing that is sent arrives. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return this.#model.get(name);
  }

  /** The image that is shown, perhaps ahead of what the kernel says. */
  get image(): ImageInfo | null {
    const told = this.get("_image_info");
    return this.#move && told?.place === this.#move.from ? this.#move.to : told;
  }

  get #isAhead(): boolean {
    return this.image !== this.get("_image_info");
  }

  /** The label map of the image that is shown; null while it is not known. */
  get labelMap(): DataView | null {
    return this.#isAhead ? null : this.get("_label_map");
  }

  /** The photograph that is shown, and the one that may be shown next; empty where there is none. */
  get photographs(): readonly [shown: DataView | null, other: DataView | null] {
    const [one, other] = [this.get("_image"), this.get("_other_image")];
    return this.image?.held_in === "_other_image" ? [other, one] : [one, other];
  }

  /** Where the image stands in a list; 0 for the only one. */
  get place(): number {
    return this.image?.place ?? 0;
  }

  /** The list of images, or null where there is only one. */
  get collection(): CollectionInfo | null {
    const collection = this.get("_collection") as Partial<CollectionInfo> | undefined;
    return collection?.count === undefined ? null : (collection as CollectionInfo);
  }

  /** The mark of the image that is shown; open where none is known, as ahead of the kernel. */
  get mark(): ImageStatus {
    const told = this.#isAhead ? undefined : this.collection?.status;
    return this.#unanswered
      .filter(({ place }) => place === this.place)
      .reduce(
        (mark, { act }) => (act.command === "mark_image" ? act.status : mark),
        told ?? "open",
      );
  }

  get status(): Status {
    return this.get("_status");
  }

  /** What the kernel is doing; one that is gone does nothing. */
  get activity(): Status["activity"] {
    return this.#isGone ? "idle" : this.status.activity;
  }

  /** The pictures that were saved last, whoever asked for them; null before the first. */
  get saved(): Saved | null {
    const { number, folder, files } = this.get("_saved");
    if (number === undefined || folder === undefined || files === undefined) return null;
    return { number, folder, files };
  }

  get error(): Failure | null {
    const { number, message, details } = this.get("_error");
    if (number === undefined || message === undefined) return null;
    return { number, message, details: details ?? "" };
  }

  /** The scene as it is shown, acts on their way included. */
  get shown(): Shown {
    this.#shown ??= this.#unanswered
      .filter(({ place }) => place === this.place)
      .reduce<Shown>((shown, { act }) => showAtOnce(shown, act), {
        scene: this.#isAhead ? { ...NO_SCENE, labels: this.#scene.labels } : this.#scene,
        clicks: this.#isAhead ? [] : this.#clicks.clicks,
        sent: new Set<ClickRow>(),
        drawn: [],
        owner: this.#isAhead ? null : this.#scene.active,
        unsure: false,
        starting: false,
        newcomer: false,
        coming: NOBODY,
        nextId: this.#isAhead ? NOBODY : this.#scene.next_id,
        nameless: UNTOUCHED,
        given: new Set<number>(),
      });
    return this.#shown;
  }

  /** Objects that the label map changed unasked, whichever of the two traits is heard of first. */
  get others(): readonly number[] {
    return (this.get("_scene") as Scene | undefined)?.others ?? [];
  }

  /** Whether something was asked whose answer is not on the screen yet. */
  get waiting(): boolean {
    if (this.#isGone) return false; // no answer will come
    return this.#unanswered.length > 0 || this.status.answered < this.#scene.version;
  }

  /** When the oldest message left that the kernel has not received; null if it has them all. */
  get unansweredSince(): number | null {
    return this.#unanswered[0]?.at ?? null;
  }

  /** Sends what changes nothing: nobody waits for it. Returns whether there is who hears it. */
  ask(act: Act, place = this.place): boolean {
    const message = { id: ++this.#lastId, view: this.view, place, ...act };
    const wasGone = this.#isGone;
    try {
      this.#model.send(message);
      this.#isGone = false;
      return true;
    } catch (error) {
      if (!wasGone) this.#lose();
      if (!wasGone || !UNASKED.has(act.command)) this.#lost(error);
      return false;
    }
  }

  /** What the kernel has not answered is gone with it, and is not shown as if it were not. */
  #lose(): void {
    this.#isGone = true;
    this.#unanswered = [];
    this.#shown = null;
    if (this.#move) this.#endMove();
    else this.#changed();
  }

  /** Asks for the next or the previous image, and shows it before the answer if it is at hand. */
  move(by: 1 | -1): void {
    const from = this.place;
    const to = this.collection?.at_hand ?? null;
    const told = this.get("_image_info");
    const isNear = to && told?.place === from && Math.sign(to.place - from) === by;
    if (isNear && !this.#isGone) this.#move = { from, to, id: this.#lastId + 1 };
    this.send({ command: by > 0 ? "next_image" : "previous_image" }, from);
    if (this.#isAhead) for (const callback of [...this.#followers]) callback();
  }

  /** Sends an act, and shows it at once where that is certain; false where nobody hears it. */
  send(act: Act, place = this.place): boolean {
    if (!this.ask(act, place)) return false;
    const error = ASKING.has(act.command) ? null : (this.error?.number ?? null);
    this.#unanswered.push({ id: this.#lastId, place, act, at: performance.now(), error });
    this.#shown = null;
    this.#changed();
    return true;
  }

  set<Name extends Setting>(name: Name, value: Traits[Name]): void {
    this.#model.set(name, value);
    this.#model.save_changes();
  }

  /** The kernel has heard of the move; where it went elsewhere, the view follows it there. */
  #endMove(): void {
    const wasAhead = this.#isAhead;
    this.#move = null;
    if (wasAhead) for (const callback of [...this.#followers]) callback();
    else this.#changed();
  }

  /** A view that opens later than the first does not know earlier clicks: it asks for them. */
  #followClicks(change: ClickChange): void {
    const told = this.get("_clicks") as ClickList | undefined;
    const clicks = followed(this.#clicks, change) ?? followed(told, change);
    if (clicks) this.#clicks = clicks;
    else if (this.#askedFor !== change.number) {
      this.#askedFor = change.number;
      this.ask({ command: "send_clicks" });
    }
  }

  /** Who read an error and went on, and was not refused again, needs its words no more. */
  #getOver(carriedOut: readonly Sent[]): void {
    const now = this.error?.number;
    if (carriedOut.some(({ error }) => error !== null && error === now))
      this.ask({ command: "dismiss_error" });
  }

  #refresh(): void {
    const scene = this.get("_scene") as Scene | undefined;
    const objects = this.get("_objects") as Traits["_objects"] | undefined;
    // The traits of one change arrive one after the other: wait until they are here and fit.
    if (scene?.version === undefined) return;
    this.#followClicks(scene.click_change);
    if (objects?.page !== scene.objects_page) return;
    this.#scene = { ...scene, objects: joined(objects.objects, scene.recent_objects) };
    const received = scene.received[this.view] ?? 0;
    const carriedOut = this.#unanswered.filter(({ id }) => id <= received);
    this.#unanswered = this.#unanswered.filter(({ id }) => id > received);
    this.#shown = null;
    this.#getOver(carriedOut);
    if (this.#move && received >= this.#move.id) this.#endMove();
    else this.#changed();
  }
}

/** All objects: those of a page, and in their places or after them those that came since. */
function joined(
  page: readonly SegmentedObject[],
  recent: readonly SegmentedObject[],
): readonly SegmentedObject[] {
  const rows = new Map([...page, ...recent].map((object) => [object.id, object]));
  return [...rows.values()].sort((a, b) => a.id - b.id);
}
