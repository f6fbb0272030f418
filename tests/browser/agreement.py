"""Whether a widget in a notebook shows what its kernel says, pixel by pixel."""

from __future__ import annotations

import json

from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

# Pixels of one object all round and away from the dots: there the screen must agree exactly.
_CERTAIN_PIXELS = """
import json
import numpy as np
from scipy import ndimage
even = ndimage.maximum_filter(w.label_map, 11) == ndimage.minimum_filter(w.label_map, 11)
rows, columns = np.indices(even.shape)
for click in w.session.clicks:
    even &= np.hypot(columns - click.x, rows - click.y) > 16
grid = [(x, y) for y in range(4, 400, 8) for x in range(4, 600, 8) if even[y, x]]
print(json.dumps({
    "points": grid,
    "ids": [int(w.label_map[y, x]) for x, y in grid],
    "colors": {o.id: o.color for o in w.objects},
}))
"""


def assert_the_screen_agrees_with_the_kernel(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    """Compare every certain pixel of the widget named `w` with what its cell reads.

    Raises:
        AssertionError: if one has not its object's colour, or is painted where there is none.
    """
    certain = json.loads(notebook.run(_CERTAIN_PIXELS))
    assert len(certain["points"]) > 1000
    painted = widget.painted(certain["points"])
    wrong = []
    for point, object_id, (*color, alpha) in zip(
        certain["points"], certain["ids"], painted, strict=True
    ):
        if object_id == 0:
            right = alpha == 0
        else:
            expected = bytes.fromhex(certain["colors"][str(object_id)].lstrip("#"))
            right = alpha > 0 and all(abs(a - b) <= 6 for a, b in zip(color, expected, strict=True))
        if not right:
            wrong.append((point, object_id, color, alpha))
    assert wrong == []
