// From screen to image and back: the same pixel under any zoom, pan and pixel density.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  fit,
  pan,
  pixelAt,
  resized,
  reveal,
  toImage,
  toView,
  zoom,
  type Viewport,
} from "../src/viewport.ts";

const IMAGE = { width: 600, height: 400 };
const VIEW = { width: 900, height: 500 };

function near(actual: { x: number; y: number }, expected: { x: number; y: number }): void {
  assert.ok(
    Math.hypot(actual.x - expected.x, actual.y - expected.y) < 1e-6,
    JSON.stringify(actual),
  );
}

test("a fitted image fills the view in one direction and is centred in the other", () => {
  const fitted = fit(IMAGE, VIEW);
  assert.equal(fitted.scale, 1.25);
  near(toView(fitted, { x: 0, y: 0 }), { x: 75, y: 0 });
  near(toView(fitted, { x: 600, y: 400 }), { x: 825, y: 500 });
});

describe("the pixel under a point", () => {
  const viewports: Viewport[] = [
    fit(IMAGE, VIEW),
    { scale: 20, left: -3000.5, top: -77 },
    { scale: 0.3, left: 11, top: 5 },
  ];
  for (const viewport of viewports) {
    test(`is the one drawn there, at scale ${viewport.scale}`, () => {
      for (const [x, y] of [
        [0, 0],
        [599, 399],
        [123, 321],
      ] as const) {
        for (const inside of [0.01, 0.5, 0.99]) {
          const at = toView(viewport, { x: x + inside, y: y + inside });
          assert.deepEqual(pixelAt(viewport, at, IMAGE), { x, y });
        }
      }
    });
  }

  test("is none beside the image", () => {
    const fitted = fit(IMAGE, VIEW);
    assert.equal(pixelAt(fitted, { x: 74.9, y: 10 }, IMAGE), null);
    assert.equal(pixelAt(fitted, { x: 825, y: 10 }, IMAGE), null);
    assert.equal(pixelAt(fitted, { x: Number.NaN, y: 10 }, IMAGE), null);
  });

  test("is the right one on screens with fractional pixels", () => {
    // A canvas of 333.5 CSS pixels on a screen of 1.5 device pixels each, fitted.
    const view = { width: 333.5, height: 222.25 };
    const fitted = fit(IMAGE, view);
    for (const pixel of [
      { x: 0, y: 0 },
      { x: 599, y: 399 },
    ]) {
      const middle = { x: pixel.x + 0.5, y: pixel.y + 0.5 };
      assert.deepEqual(pixelAt(fitted, toView(fitted, middle), IMAGE), pixel);
    }
  });
});

describe("zoom", () => {
  test("keeps the point under the cursor where it is", () => {
    let viewport = fit(IMAGE, VIEW);
    const cursor = { x: 333, y: 222 };
    const before = toImage(viewport, cursor);
    for (const factor of [1.2, 1.2, 3, 0.8]) {
      viewport = zoom(viewport, factor, cursor, IMAGE, VIEW);
      near(toImage(viewport, cursor), before);
    }
  });

  test("ends at single pixels, and before the image is lost", () => {
    const middle = { x: 450, y: 250 };
    assert.equal(zoom(fit(IMAGE, VIEW), 1e9, middle, IMAGE, VIEW).scale, 40);
    assert.equal(zoom(fit(IMAGE, VIEW), 1e-9, middle, IMAGE, VIEW).scale, 0.625);
  });

  test("shows a tiny image as large as it fits", () => {
    const tiny = { width: 4, height: 3 };
    assert.equal(zoom(fit(tiny, VIEW), 2, { x: 0, y: 0 }, tiny, VIEW).scale, fit(tiny, VIEW).scale);
  });
});

test("panning never loses the image", () => {
  const gone = pan(fit(IMAGE, VIEW), 1e6, -1e6, IMAGE, VIEW);
  const { x, y } = toView(gone, { x: 0, y: 400 });
  assert.ok(x < VIEW.width && y > 0);
});

test("the keyboard's aim is brought into sight, and the view stays where it is seen already", () => {
  const near = { scale: 10, left: -2000, top: -1000 };
  const shown = toView(reveal(near, { x: 500, y: 300 }, VIEW), { x: 500, y: 300 });
  assert.ok(shown.x >= 0 && shown.x <= VIEW.width && shown.y >= 0 && shown.y <= VIEW.height);
  assert.deepEqual(reveal(near, { x: 240, y: 125 }, VIEW), near);
});

describe("when the view is resized", () => {
  const larger = { width: 1200, height: 800 };
  test("a fitted image stays fitted", () => {
    assert.deepEqual(resized(fit(IMAGE, VIEW), IMAGE, VIEW, larger), fit(IMAGE, larger));
  });
  test("a zoomed one keeps its middle", () => {
    const zoomed = zoom(fit(IMAGE, VIEW), 3, { x: 450, y: 250 }, IMAGE, VIEW);
    const middle = toImage(zoomed, { x: 450, y: 250 });
    near(toImage(resized(zoomed, IMAGE, VIEW, larger), { x: 600, y: 400 }), middle);
  });
  test("a view that had no size yet is fitted", () => {
    const none = { width: 0, height: 0 };
    assert.deepEqual(resized(fit(IMAGE, none), IMAGE, none, VIEW), fit(IMAGE, VIEW));
  });
});
