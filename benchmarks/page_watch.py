"""What runs inside the page while it is measured: it looks at canvases, and moves the picture."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Locator, Page

# Looks at a coarse copy of a canvas right after each painted frame. The dot is what changes within
# `near` pixels of the press, the mask what changes farther away once the widget has its answer.
_MARKS = """(canvas) => {
  const near = 26, step = 4;
  const widget = canvas.closest(".dynamite-widget");
  const copy = document.createElement("canvas");
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  window.look = (of) => {
    copy.width = Math.ceil(of.width / step);
    copy.height = Math.ceil(of.height / step);
    context.imageSmoothingEnabled = false;
    context.drawImage(of, 0, 0, copy.width, copy.height);
    return new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer);
  };
  window.frames = async (count) => {
    for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
  };
  window.still = async (of, frames, longest) => {
    const end = performance.now() + longest;
    let before = look(of);
    for (let same = 0; same < frames && performance.now() < end; ) {
      await window.frames(1);
      const now = look(of);
      same = now.every((word, i) => word === before[i]) ? same + 1 : 0;
      before = now;
    }
  };
  const after = new MessageChannel();
  let before = null, pressed = null;
  window.prepare = async () => {
    pressed = null;
    window.seen = {};
    await window.still(canvas, 8, 4000);
    before = look(canvas);
  };
  const press = (event) => {
    const box = canvas.getBoundingClientRect();
    pressed = { at: event.timeStamp, x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const letGo = (event) => { if (pressed) pressed.clicked = event.timeStamp; };
  // The browser's own Event Timing: from the press to the paint that follows it, in steps of 8 ms.
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) {
      if (name === "pointerdown") window.seen.paint = duration;
    }
  }).observe({ type: "event", durationThreshold: 16 });
  window.addEventListener("pointerdown", press, { capture: true });
  window.addEventListener("pointerup", letGo, { capture: true });
  after.port1.onmessage = () => {
    if (!pressed) return;
    const now = performance.now();
    window.seen.frame ??= now - pressed.at;
    const answered = pressed.clicked && widget.getAttribute("aria-busy") === "false";
    if (window.seen.dot && !answered) return; // to look takes milliseconds of the page's own
    const pixels = look(canvas);
    const ratio = canvas.width / canvas.clientWidth;
    for (let i = 0; i < pixels.length && !window.seen.mask; i++) {
      if (pixels[i] === before[i]) continue;
      const x = ((i % copy.width) * step) / ratio;
      const y = (Math.floor(i / copy.width) * step) / ratio;
      if (Math.hypot(x - pressed.x, y - pressed.y) <= near) window.seen.dot ??= now - pressed.at;
      else if (answered) window.seen.mask ??= now - pressed.clicked;
    }
  };
  const frame = () => {
    if (pressed && !window.seen.mask) after.port2.postMessage(null);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
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
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        page.evaluate(_BARE)

    def follow(self, marks: Locator) -> None:
        """From now on presses and what they paint are timed on this canvas of masks and dots."""
        marks.evaluate(_MARKS)

    def prepare(self) -> None:
        """Wait until nothing moves, and begin to time the next press."""
        self._page.evaluate("() => window.prepare()")

    def seen(self, last: str) -> dict[str, float]:
        """Milliseconds from the press to the first frame, and to those with dot and mask.

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

    def bare_press(self) -> float:
        """Press where nobody paints, and return the milliseconds to the next frame."""
        self.prepare()
        self._page.mouse.click(12, 12)
        return self.seen("frame")["frame"]

    def frames(self, kind: str, seconds: float) -> list[float]:
        """Pan, zoom or rest for a while, and return how many milliseconds each frame took."""
        return self._page.evaluate(_FRAMES, [kind, seconds])

    def sharp(self, photograph: Locator, notches: int) -> float:
        """Zoom in, and return the milliseconds from the last step to the sharp picture."""
        argument: Any = [photograph.element_handle(), notches]
        return float(self._page.evaluate(_SHARP, argument))
