"""Cells of the notebook in which painting is measured: segmenters, photographs, and an echo."""

from __future__ import annotations

SIZE, LARGE = (1024, 768), (6000, 4000)

# The segmenter's own time is taken inside it: what is left is the way there and back. Discs answer
# without a network. An echo is the least that a widget can do: a message there and a trait back.
_SET_UP = """
import time
import anywidget
import numpy as np
import torch
import traitlets
torch.set_num_threads({threads})
import dynamite_widget as dw
from dynamite_widget import samples
from IPython.display import display
from PIL import Image, ImageDraw

class Timed:
    takes_previous = True

    def __init__(self, segmenter):
        self.segmenter, self.spent = segmenter, {{}}

    def encode(self, image):
        return self.segmenter.encode(image)

    def segment(self, features, clicks, previous=None):
        began = time.perf_counter()
        label_map = self.segmenter.segment(features, clicks, previous)
        self.spent[len(clicks)] = 1000 * (time.perf_counter() - began)
        return label_map

    def guess(self, features, clicks, previous, unwanted):
        began = time.perf_counter()
        label_map = self.segmenter.guess(features, clicks, previous, unwanted)
        if label_map is not None:
            self.spent[len(clicks)] = 1000 * (time.perf_counter() - began)
        return label_map

    def look_ahead(self, features, boxes):
        self.segmenter.look_ahead(features, boxes)

class Discs:
    def encode(self, image):
        return np.asarray(image).shape[:2]

    def segment(self, size, clicks):
        label_map = np.zeros(size, np.uint16)
        for click in clicks:
            x, y = int(click.x), int(click.y)
            label_map[max(y - 40, 0):y + 40, max(x - 40, 0):x + 40] = click.object_id
        return label_map

class Echo(anywidget.AnyWidget):
    _esm = '''export default {{ render({{ model, el }}) {{
      window.echo = () => new Promise((done, fail) => {{
        setTimeout(() => fail(new Error("the kernel sent no echo within a minute")), 60000);
        const began = performance.now();
        const hear = () => requestAnimationFrame(() => {{
          model.off("change:heard", hear);
          const {{ port1, port2 }} = new MessageChannel();
          port1.onmessage = () => done(performance.now() - began);
          port2.postMessage(null);
        }});
        model.on("change:heard", hear);
        model.send({{}});
      }});
    }} }};'''
    heard = traitlets.Int().tag(sync=True)

    def __init__(self):
        super().__init__()
        self.on_msg(lambda *_: setattr(self, "heard", self.heard + 1))

def with_objects(image, count):
    # Wavy borders, some thousand points in all, as masks have them.
    width, height = image.size
    columns = int(np.ceil((count * width / height) ** 0.5))
    rows = -(-count // columns)
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    label_map = Image.new("I", image.size)
    for k in range(count):
        x, y = (k % columns + 0.5) * width / columns, (k // columns + 0.5) * height / rows
        radius = 0.4 * min(width / columns, height / rows) * (1 + 0.15 * np.sin(9 * turn + k))
        points = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)
        ImageDraw.Draw(label_map).polygon([tuple(point) for point in points], fill=k + 1)
    masks = np.asarray(label_map).astype(np.uint16)
    return dw.SegmentationWidget(dw.Session.from_masks(image, masks, segmenter=Discs()))

def grainy(image):
    # As sensors are: a photograph enlarged would compress to nothing.
    grain = np.random.default_rng(0).integers(-8, 9, (500, 500, 3))
    pixels = np.asarray(image)
    rows, columns, _ = pixels.shape
    tiled = np.tile(grain, (-(-rows // 500), -(-columns // 500), 1))[:rows, :columns]
    return Image.fromarray(np.clip(pixels + tiled, 0, 255).astype(np.uint8))

photograph = Image.open(samples.path("coffee.jpg"))
small, large = photograph.resize({size}), grainy(photograph.resize({large}))
timed = Timed(dw.Segmenter.load("{model}", device="cpu"))
"""

SHOW = {
    "model": "w = dw.SegmentationWidget(small, segmenter=timed)\necho = Echo()\ndisplay(w, echo)",
    "quick": "w = dw.SegmentationWidget(small, segmenter=Discs())\nw",
    "fifty": "w = with_objects(small, 50)\nw",
    "many": "w = with_objects(small, 200)\nw",
    "large": "w = dw.SegmentationWidget(large, segmenter=timed)\nw",
    "large and fifty": "w = with_objects(large, 50)\nw",
}
"""Sources of cells that show a widget, by what it shows."""


def set_up(model: str, threads: int) -> str:
    """Return the source of the notebook's first cell."""
    return _SET_UP.format(model=model, threads=threads, size=SIZE, large=LARGE)
