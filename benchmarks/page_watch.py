"""What runs inside the page while it is measured: it looks at canvases, and moves the picture."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Locator, Page

# Looks at a coarse copy of masks and dots right after each painted frame. The dot is what changes
# within `near` pixels of the press, the mask what changes farther away once the widget has its
# answer.
_MARKS = """(stage) => {
  const near = 26, step = 4;
  const widget = stage.closest(".dynamite-widget");
  const layers = [...stage.querySelectorAll("canvas")].slice(1);
  const copy = document.createElement("canvas");
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  window.look = (...of) => {
    copy.width = Math.ceil(of[0].width / step);
    copy.height = Math.ceil(of[0].height / step);
    context.imageSmoothingEnabled = false;
    for (const canvas of of) context.drawImage(canvas, 0, 0, copy.width, copy.height);
    return new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer);
  };
  window.frames = async (count) => {
    for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
  };
  window.still = async (frames, longest) => {
    const end = performance.now() + longest;
    let before = look(...layers);
    for (let same = 0; same < frames && performance.now() < end; ) {
      await window.frames(1);
      const now = look(...layers);
      same = now.every((word, i) => word === before[i]) ? same + 1 : 0;
      before = now;
    }
  };
  let before = null, pressed = null;
  window.prepare = async () => {
    pressed = null;
    window.seen = {};
    await window.still(8, 4000);
    before = look(...layers);
  };
  // Frames are asked for only while one is waited for: else they take time from what is timed.
  const afterFrame = (act) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = act;
    port2.postMessage(null);
  });
  const changed = (wanted) => {
    const pixels = look(...layers);
    const ratio = layers[0].width / layers[0].clientWidth;
    return pixels.some((word, i) => {
      if (word === before[i]) return false;
      const x = ((i % copy.width) * step) / ratio;
      const y = (Math.floor(i / copy.width) * step) / ratio;
      return wanted(Math.hypot(x - pressed.x, y - pressed.y));
    });
  };
  const lookForDot = () => {
    const now = performance.now();
    window.seen.frame ??= now - pressed.at;
    if (changed((distance) => distance <= near)) window.seen.dot = now - pressed.at;
    else if (now < pressed.at + 3000) afterFrame(lookForDot);
  };
  const lookForMask = () => {
    const now = performance.now();
    if (changed((distance) => distance > near)) {
      window.seen.mask = now - pressed.clicked;
      window.seen.all = now - pressed.at;
    } else if (now < pressed.at + 3000) afterFrame(lookForMask);
  };
  const press = (event) => {
    const box = stage.getBoundingClientRect();
    pressed = { at: event.timeStamp, x: event.clientX - box.left, y: event.clientY - box.top };
    afterFrame(lookForDot);
  };
  const letGo = (event) => { if (pressed) pressed.clicked = event.timeStamp; };
  const answered = () => {
    if (pressed?.clicked && widget.getAttribute("aria-busy") === "false") afterFrame(lookForMask);
  };
  // The browser's own Event Timing: from the press to the paint that follows it, in steps of 8 ms.
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) {
      if (name === "pointerdown") window.seen.paint = duration;
    }
  }).observe({ type: "event", durationThreshold: 16 });
  window.addEventListener("pointerdown", press, { capture: true });
  window.addEventListener("pointerup", letGo, { capture: true });
  new MutationObserver(answered).observe(widget, { attributeFilter: ["aria-busy"] });
}"""

# Presses here reach nothing that paints: what is left is the browser's own time to a frame.
_BARE = """() => {
  const bare = document.createElement("div");
  bare.id = "bare";
  bare.style.cssText =
    "position: fixed; left: 0; top: 0; width: 24px; height: 24px; z-index: 99999";
  for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
    bare.addEventListener(type, (event) => { event.preventDefault(); event.stopPropagation(); });
  }
  document.body.append(bare);
}"""

# Moves the picture a little with every frame (or not at all), and notes how long frames took.
_FRAMES = """async ([kind, seconds]) => {
  const stage = document.querySelector(".dw-canvas");
  const box = stage.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const say = (type, more) => stage.dispatchEvent(new PointerEvent(type, {
    pointerId: 99, pointerType: "mouse", button: 1, bubbles: true, ...place, ...more }));
  stage.setPointerCapture = () => undefined; // nothing real is captured
  if (kind === "pan") say("pointerdown", {});
  const spent = [];
  const end = performance.now() + 1000 * seconds;
  await new Promise((done) => {
    let last = null;
    const frame = (now) => {
      if (last !== null) spent.push(now - last);
      last = now;
      if (now > end) return done();
      const swing = spent.length % 40 < 20 ? 1 : -1;
      if (kind === "pan") {
        place.clientX += 6 * swing;
        place.clientY += 3 * swing;
        say("pointermove", {});
      } else if (kind === "zoom") {
        stage.dispatchEvent(new WheelEvent("wheel", {
          deltaY: -20 * swing, bubbles: true, cancelable: true, ...place }));
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  if (kind === "pan") say("pointerup", {});
  delete stage.setPointerCapture;
  return spent;
}"""

# Zooms in as a wheel does, and waits until the photograph, at rest, changes once more: it is sharp.
_SHARP = """async ([canvas, notches]) => {
  const stage = canvas.closest(".dw-canvas");
  const box = stage.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  for (let i = 0; i < notches; i++) {
    stage.dispatchEvent(new WheelEvent("wheel", {
      deltaY: -100, bubbles: true, cancelable: true, ...place }));
    await frames(1);
  }
  const began = performance.now();
  await frames(2);
  const coarse = look(canvas);
  while (performance.now() < began + 60000) {
    await frames(1);
    if (look(canvas).some((word, i) => word !== coarse[i])) return performance.now() - began;
  }
  return NaN;
}"""


class PageWatch:
    """Measures one widget's view in a page.

    Args:
        page: the page.
        held: milliseconds for which the button is held.
    """

    def __init__(self, page: Page, held: float) -> None:
        self._page = page
        self.held = held
        page.evaluate(_BARE)

    def follow(self, stage: Locator) -> None:
        """From now on presses and what they paint are timed on this canvas."""
        stage.evaluate(_MARKS)

    def prepare(self) -> None:
        """Wait until nothing moves, and begin to time the next press."""
        self._page.evaluate("() => window.prepare()")

    def seen(self, last: str) -> dict[str, float]:
        """Milliseconds from the press to the first frame and to those with dot and mask ("all").

        Those of "mask" count from letting go.

        Args:
            last: which of "frame", "dot" and "mask" to wait for, ten seconds at most: a mask as
                small as its dot is never seen. Questions to the page take its time, so it is left
                alone between a few of them.
        """
        deadline = time.monotonic() + 10
        while True:
            self._page.wait_for_timeout(800)
            seen: dict[str, float] = self._page.evaluate("() => window.seen")
            if last in seen or time.monotonic() > deadline:
                return seen

    def press(self, x: float, y: float, rest: float) -> None:
        """Press and let go as a hand does: it rests before, and holds the button for a while.

        A pointer that is told to move and press at once presses just after the frame of its move,
        which is as far from the next frame as can be; a hand presses at any time.

        Args:
            x: of the place, in pixels of the window.
            y: of the place.
            rest: milliseconds between the move and the press.
        """
        self._page.mouse.move(x, y)
        self.prepare()
        self._page.wait_for_timeout(rest)
        self._page.mouse.down()
        self._page.wait_for_timeout(self.held)
        self._page.mouse.up()

    def bare_press(self, rest: float) -> float:
        """Press where nobody paints, and return the milliseconds to the next frame."""
        self.press(12, 12, rest)
        return self.seen("frame")["frame"]

    def frames(self, kind: str, seconds: float) -> list[float]:
        """Pan, zoom or rest for a while, and return how many milliseconds each frame took."""
        return self._page.evaluate(_FRAMES, [kind, seconds])

    def sharp(self, photograph: Locator, notches: int) -> float:
        """Zoom in, and return the milliseconds from the last step to the sharp picture."""
        argument: Any = [photograph.element_handle(), notches]
        return float(self._page.evaluate(_SHARP, argument))
