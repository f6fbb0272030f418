// The browser's side of the contract (docs/contract.md): every trait and every message as a type.
// State comes down by traits; one message goes up for each committed act.

import type { AnyModel } from "@anywidget/types";

/** Object id of the background, shared by all objects. */
export const BACKGROUND = 0;

/** In the place of an id: which one it is, only the kernel knows. */
export const NOBODY = -1;

/** x, y in pixels of the original image. */
export type PointRow = readonly [x: number, y: number];

/** x, y in pixels of the original image, and the object the pixel belongs to. */
export type ClickRow = readonly [x: number, y: number, objectId: number];

/** x, y, width, height in whole pixels. */
export type BoxRow = readonly [x: number, y: number, width: number, height: number];

/** What a free attribute may hold. */
export type AttributeValue = string | number | boolean;

export interface ImageInfo {
  readonly width: number;
  readonly height: number;
  readonly name: string;
  /** Where the image stands in a list; 0 for the only one. */
  readonly place: number;
  /** The trait that holds its photograph. */
  readonly held_in: "_image" | "_other_image";
}

/** What somebody decided about an image; open: nothing yet. */
export type ImageStatus = "open" | "done" | "skipped" | "flagged";

/** The list of images that this one belongs to; the trait is empty where there is only one. */
export interface CollectionInfo {
  readonly count: number;
  /** Of the image that is shown. */
  readonly status: ImageStatus;
  /** The only status that moves go to; null for all. */
  readonly shown: ImageStatus | null;
  /** How many images have each status. */
  readonly counts: Readonly<Record<ImageStatus, number>>;
  readonly has_next: boolean;
  readonly has_previous: boolean;
  /** The next or previous image, where screens hold its photograph; null where they do not. */
  readonly at_hand: ImageInfo | null;
  /** Why the image cannot be shown; null if it can. */
  readonly problem: string | null;
}

export interface SegmentedObject {
  readonly id: number;
  readonly label: string | null;
  readonly name: string;
  readonly color: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly visible: boolean;
  readonly locked: boolean;
  readonly bound: BoxRow | null;
  readonly clicks: number;
  readonly area: number;
  readonly box: BoxRow;
  readonly edited_pixels: number;
}

/** Everything drawn besides the photograph and the masks. */
export interface Scene {
  /** Rises with every change of the session. */
  readonly version: number;
  /** Objects that differ from the page that `_objects` holds, and new ones. */
  readonly recent_objects: readonly SegmentedObject[];
  readonly objects_page: number;
  /** The object that clicks belong to; null: the next click starts a new one. */
  readonly active: number | null;
  /** Labels to choose from; null if any text will do. */
  readonly labels: readonly string[] | null;
  /** Label of objects that start with a click; null for none. */
  readonly next_label: string | null;
  /** The id that the next new object gets. */
  readonly next_id: number;
  readonly can_undo: boolean;
  readonly can_redo: boolean;
  readonly click_change: ClickChange;
  /** Objects that the last answer changed although no act named them. */
  readonly others: readonly number[];
  /** The last message of each view that is part of this scene. */
  readonly received: Readonly<Record<string, number>>;
}

/** A scene with all its objects, ids rising. */
export interface WholeScene extends Scene {
  readonly objects: readonly SegmentedObject[];
}

/** Objects as they were; sent anew only when many have changed or one is gone. */
export interface ObjectPage {
  readonly page: number;
  readonly objects: readonly SegmentedObject[];
}

/** All clicks, in order of time; a list of another number has other clicks. */
export interface ClickList {
  readonly number: number;
  readonly clicks: readonly ClickRow[];
}

/** How a list of clicks came of the one before: `added` stand where `removed` ones stood. */
export interface ClickChange {
  /** Of the list that came of it. */
  readonly number: number;
  /** Number of the list before. */
  readonly since: number;
  /** Place of the first click that changed. */
  readonly at: number;
  readonly removed: number;
  readonly added: readonly ClickRow[];
}

export interface Status {
  readonly activity: "idle" | "encoding" | "segmenting";
  /** Version of the scene that the label map answers. */
  readonly answered: number;
  /** Seconds the segmenter took: to encode, for the last answer, and for the median answer. */
  readonly encode_seconds: number | null;
  readonly last_seconds: number | null;
  readonly median_seconds: number | null;
}

/** Which part of a large photograph `_detail` and `_detail_labels` hold; empty before the first. */
export interface DetailInfo {
  /** The view that asked for it. */
  readonly view: string;
  readonly id: number;
  readonly box: BoxRow;
}

export interface Saved {
  readonly number: number;
  readonly folder: string;
  readonly files: number;
}

export interface Failure {
  readonly number: number;
  readonly message: string;
  readonly details: string;
}

export interface Traits {
  _image: DataView | null;
  _other_image: DataView | null;
  _image_info: ImageInfo | null;
  _collection: Partial<CollectionInfo>;
  _label_map: DataView | null;
  _scene: Scene;
  _clicks: ClickList;
  _objects: ObjectPage;
  _status: Status;
  /** Empty while nothing is wrong. */
  _error: Partial<Failure>;
  /** Empty before the first. */
  _saved: Partial<Saved>;
  _detail: DataView | null;
  _detail_labels: DataView | null;
  _detail_info: Partial<DetailInfo>;
  opacity: number;
  click_radius: number;
  masks_only: boolean;
  outline: boolean;
  numbers: boolean;
  brightness: number;
  contrast: number;
  height: number;
}

export type Model = AnyModel<Traits>;
