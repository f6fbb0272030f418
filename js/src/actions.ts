// Actions: everything that has a name, once, for the toolbar, the keys and the help alike.

import type { IconName } from "./icons.ts";
import type { ImageStatus } from "./protocol.ts";
import type { ToolName } from "./tools/tool.ts";

export interface Action {
  readonly name: string;
  readonly title: string;
  readonly group: "Tools" | "Objects" | "History" | "Images" | "Display" | "View" | "Keyboard";
  /** As in KeyboardEvent.key, lower case; "ctrl+" stands for Ctrl and Cmd alike. */
  readonly keys: readonly string[];
  /** Shown in the toolbar where there is one. */
  readonly icon?: IconName;
  /** For what switches on and off. */
  readonly isOn?: () => boolean;
  readonly isPossible?: () => boolean;
  /** Done again and again while the key is held; all else once. */
  readonly repeats?: true;
  readonly run: (key: string) => void;
}

/** What actions ask of a view. */
export interface Person {
  readonly tool: ToolName;
  readonly hasObject: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly isEmpty: boolean;
  readonly maskOnly: boolean;
  readonly outline: boolean;
  readonly numbers: boolean;
  readonly isSolo: boolean;
  readonly isLocked: boolean;
  readonly isHidden: boolean;
  readonly isFullscreen: boolean;
  readonly hasImages: boolean;
  readonly hasNextImage: boolean;
  readonly hasPreviousImage: boolean;
  readonly imageStatus: ImageStatus;
  chooseTool(tool: ToolName): void;
  newObject(): void;
  stepObject(by: 1 | -1): void;
  chooseNumber(digit: number): void;
  editObject(): void;
  toggleVisible(): void;
  toggleLock(): void;
  toggleSolo(): void;
  removeObject(): void;
  undo(): void;
  redo(): void;
  reset(): void;
  savePictures(): void;
  toggle(setting: "masks_only" | "outline" | "numbers"): void;
  resizeBrush(factor: number): void;
  changeOpacity(by: number): void;
  fit(): void;
  zoom(factor: number): void;
  toggleFullscreen(): void;
  toggleHelp(): void;
  nextImage(): void;
  previousImage(): void;
  markImage(status: ImageStatus): void;
  moveKeyboard(key: string): void;
  clickKeyboard(background: boolean): void;
  escape(): void;
}

const ZOOM_STEP = 1.4;
export const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
export const ARROWS = ["arrowleft", "arrowright", "arrowup", "arrowdown"];

export function actionsFor(person: Person): Action[] {
  const tool = (name: ToolName, title: string, keys: string[], icon: IconName): Action => ({
    name,
    title,
    group: "Tools",
    keys,
    icon,
    isOn: () => person.tool === name,
    run: () => person.chooseTool(name),
  });
  const object = (
    name: string,
    title: string,
    keys: string[],
    run: () => void,
    isOn?: () => boolean,
  ): Action => ({
    name,
    title,
    group: "Objects",
    keys,
    isPossible: () => person.hasObject,
    ...(isOn ? { isOn } : {}),
    run,
  });
  return [
    tool("click", "Click: this pixel belongs to the object", ["c"], "click"),
    {
      ...tool("background", "Background: this pixel belongs to no object", ["b"], "background"),
      run: () => person.chooseTool(person.tool === "background" ? "click" : "background"),
    },
    tool("brush", "Brush: paint pixels of the object", ["p"], "brush"),
    tool("eraser", "Eraser: take pixels away", ["e"], "eraser"),
    tool("polygon", "Polygon: corner by corner; a double-click fills it", ["g"], "polygon"),
    tool("lasso", "Lasso: fill an area drawn by hand", ["a"], "lasso"),
    tool("box", "Box: keep the object inside a box", ["r"], "box"),
    tool("hand", "Hand: drag to move the picture", ["v"], "hand"),
    {
      name: "new",
      title: "New object",
      group: "Objects",
      keys: ["n"],
      icon: "plus",
      run: () => person.newObject(),
    },
    {
      name: "digit",
      title: "Label of the object; without labels, the object itself",
      group: "Objects",
      keys: DIGITS,
      run: (key) => person.chooseNumber(Number(key)),
    },
    {
      ...object("next", "Next object", ["]"], () => person.stepObject(1)),
      repeats: true,
    },
    {
      ...object("previous", "Previous object", ["["], () => person.stepObject(-1)),
      repeats: true,
    },
    object("edit", "Rename, relabel, attributes", ["f2", "t"], () => person.editObject()),
    object(
      "hide",
      "Hide or show",
      ["h"],
      () => person.toggleVisible(),
      () => person.isHidden,
    ),
    object(
      "lock",
      "Lock: its pixels stay",
      ["l"],
      () => person.toggleLock(),
      () => person.isLocked,
    ),
    object(
      "solo",
      "Show this object alone",
      ["s"],
      () => person.toggleSolo(),
      () => person.isSolo,
    ),
    {
      name: "remove",
      title: "Remove the object, or the last corner of a polygon",
      group: "Objects",
      keys: ["delete", "backspace"],
      run: () => person.removeObject(),
    },
    {
      name: "undo",
      title: "Undo",
      group: "History",
      keys: ["z", "ctrl+z"],
      icon: "undo",
      isPossible: () => person.canUndo,
      repeats: true,
      run: () => person.undo(),
    },
    {
      name: "redo",
      title: "Redo",
      group: "History",
      keys: ["y", "ctrl+y", "ctrl+shift+z"],
      icon: "redo",
      isPossible: () => person.canRedo,
      repeats: true,
      run: () => person.redo(),
    },
    {
      name: "reset",
      title: "Start over",
      group: "History",
      keys: [],
      icon: "reset",
      isPossible: () => !person.isEmpty,
      run: () => person.reset(),
    },
    ...(person.hasImages ? imageActions(person) : []),
    {
      name: "save_pictures",
      title: "Save pictures: overlay, masks, clicks, binary masks",
      group: "View",
      keys: [],
      icon: "save",
      isPossible: () => !person.isEmpty,
      run: () => person.savePictures(),
    },
    {
      name: "masks_only",
      title: "Show masks only",
      group: "Display",
      keys: ["m"],
      icon: "masksOnly",
      isOn: () => person.maskOnly,
      run: () => person.toggle("masks_only"),
    },
    {
      name: "outline",
      title: "Outlines",
      group: "Display",
      keys: ["o"],
      isOn: () => person.outline,
      run: () => person.toggle("outline"),
    },
    {
      name: "numbers",
      title: "Numbers on objects",
      group: "Display",
      keys: ["#", "i"],
      isOn: () => person.numbers,
      run: () => person.toggle("numbers"),
    },
    {
      name: "opacity",
      title: "Masks fainter, stronger",
      group: "Display",
      keys: ["q", "w"],
      repeats: true,
      run: (key) => person.changeOpacity(key === "w" ? 0.1 : -0.1),
    },
    {
      name: "brush_size",
      title: "Brush smaller, larger",
      group: "Display",
      keys: [",", "."],
      repeats: true,
      run: (key) => person.resizeBrush(key === "." ? 1.25 : 0.8),
    },
    {
      name: "fit",
      title: "Fit the image into the view",
      group: "View",
      keys: ["f"],
      icon: "fit",
      run: () => person.fit(),
    },
    {
      name: "zoom_in",
      title: "Zoom in",
      group: "View",
      keys: ["+", "="],
      repeats: true,
      run: () => person.zoom(ZOOM_STEP),
    },
    {
      name: "zoom_out",
      title: "Zoom out",
      group: "View",
      keys: ["-"],
      repeats: true,
      run: () => person.zoom(1 / ZOOM_STEP),
    },
    {
      name: "fullscreen",
      title: "Full screen",
      group: "View",
      keys: ["u"],
      icon: "fullscreen",
      isOn: () => person.isFullscreen,
      run: () => person.toggleFullscreen(),
    },
    {
      name: "help",
      title: "All keys and gestures",
      group: "View",
      keys: ["?"],
      icon: "help",
      run: () => person.toggleHelp(),
    },
    {
      name: "aim",
      title: "Aim without a pointer (Shift: far)",
      group: "Keyboard",
      keys: [...ARROWS, ...ARROWS.map((key) => `shift+${key}`)],
      repeats: true,
      run: (key) => person.moveKeyboard(key),
    },
    {
      name: "click_here",
      title: "Click where you aim; finish a polygon",
      group: "Keyboard",
      keys: ["enter"],
      run: () => person.clickKeyboard(false),
    },
    {
      name: "background_here",
      title: "Background where you aim",
      group: "Keyboard",
      keys: ["alt+enter", "shift+enter"],
      run: () => person.clickKeyboard(true),
    },
    {
      name: "escape",
      title: "Give up what was begun; give focus back",
      group: "Keyboard",
      keys: ["escape"],
      run: () => person.escape(),
    },
  ];
}

/** What there is to do with a list of images. */
function imageActions(person: Person): Action[] {
  const mark = (status: "done" | "skipped" | "flagged", title: string, key: string): Action => ({
    name: status,
    title,
    group: "Images",
    keys: [key],
    icon: status,
    isOn: () => person.imageStatus === status,
    run: () => person.markImage(status),
  });
  return [
    {
      name: "next_image",
      title: "Next image",
      group: "Images",
      keys: ["pagedown", ">"],
      icon: "next",
      isPossible: () => person.hasNextImage,
      repeats: true,
      run: () => person.nextImage(),
    },
    {
      name: "previous_image",
      title: "Previous image",
      group: "Images",
      keys: ["pageup", "<"],
      icon: "previous",
      isPossible: () => person.hasPreviousImage,
      repeats: true,
      run: () => person.previousImage(),
    },
    mark("done", "Image is done, or open again", "d"),
    mark("skipped", "Image is skipped, or open again", "x"),
    mark("flagged", "Image is flagged, or open again", "!"),
  ];
}
