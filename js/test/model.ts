// A model by hand: traits by name, change events, and what a view sent.
import type {
  ClickChange,
  ClickRow,
  Model,
  Scene,
  SegmentedObject,
  Traits,
} from "../src/protocol.ts";
import { encode } from "./encode.ts";

export function object(id: number, more: Partial<SegmentedObject> = {}): SegmentedObject {
  return {
    id,
    label: null,
    name: "",
    color: "#E69F00",
    attributes: {},
    visible: true,
    locked: false,
    bound: null,
    clicks: 1,
    area: 4,
    box: [0, 0, 2, 2],
    edited_pixels: 0,
    ...more,
  };
}

/** The change that made the first list of clicks: these and no others. */
export function clicks(...added: readonly ClickRow[]): ClickChange {
  return { number: added.length ? 1 : 0, since: 0, at: 0, removed: 0, added };
}

export function scene(more: Partial<Scene> = {}): Scene {
  return {
    version: 1,
    recent_objects: [],
    objects_page: 0,
    active: null,
    labels: null,
    next_label: null,
    next_id: 1 + Math.max(0, ...(more.recent_objects ?? []).map(({ id }) => id)),
    can_undo: false,
    can_redo: false,
    click_change: clicks(),
    others: [],
    received: {},
    ...more,
  };
}

interface Sent {
  id: number;
  view: string;
  command: string;
  [field: string]: unknown;
}

export class FakeModel {
  readonly sent: Sent[] = [];
  readonly saved: Partial<Traits>[] = [];
  readonly #callbacks = new Map<string, Set<() => void>>();
  #dirty: Partial<Traits> = {};
  /** The kernel is gone: its wire says so, as JupyterLab's does. */
  isGone = false;
  traits: Traits = {
    _image: new DataView(new Uint8Array([1, 2, 3]).buffer),
    _other_image: null,
    _image_info: { width: 8, height: 4, name: "", place: 0, held_in: "_image" },
    _collection: {},
    _label_map: encode(["00000000", "00000000", "00000000", "00000000"]),
    _scene: scene(),
    _clicks: { number: 0, clicks: [] },
    _objects: { page: 0, objects: [] },
    _status: {
      activity: "idle",
      answered: 1,
      encode_seconds: null,
      last_seconds: null,
      median_seconds: null,
    },
    _detail: null,
    _detail_labels: null,
    _detail_info: {},
    _error: {},
    _saved: {},
    opacity: 0.5,
    click_radius: 4,
    masks_only: false,
    outline: true,
    numbers: false,
    brightness: 1,
    contrast: 1,
    height: 520,
  };

  /** As a view gets it. */
  get model(): Model {
    return this as unknown as Model;
  }

  get listeners(): number {
    return [...this.#callbacks.values()].reduce((count, set) => count + set.size, 0);
  }

  get(name: keyof Traits): unknown {
    return this.traits[name];
  }

  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void {
    this.#dirty[name] = value;
    this.receive({ [name]: value });
  }

  save_changes(): void {
    this.saved.push(this.#dirty);
    this.#dirty = {};
  }

  send(content: Sent): void {
    if (this.isGone) throw new Error("Cannot send");
    this.sent.push(content);
  }

  on(event: string, callback: () => void): void {
    this.#callbacks.set(event, (this.#callbacks.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: () => void): void {
    this.#callbacks.get(event)?.delete(callback);
  }

  /** Traits arrive from the kernel. */
  receive(traits: Partial<Traits>): void {
    this.traits = { ...this.traits, ...traits };
    for (const name of Object.keys(traits)) {
      for (const callback of this.#callbacks.get(`change:${name}`) ?? []) callback();
    }
  }

  /** The kernel has taken in every message so far, and shows what came of them. */
  answer(more: Partial<Scene>): void {
    const last = this.sent.at(-1);
    const received = last ? { [last.view]: last.id } : {};
    const known = { ...this.traits._scene, received, ...more };
    const { next_id } = scene({ recent_objects: known.recent_objects });
    this.receive({ _scene: { ...known, next_id: Math.max(known.next_id, next_id) } });
  }
}
