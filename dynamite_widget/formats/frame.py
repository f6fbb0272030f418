"""Objects as a pandas DataFrame, one row each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dynamite_widget.objects import SegmentedObject


def to_frame(objects: Sequence[SegmentedObject]) -> pd.DataFrame:
    """Tabulate objects.

    Columns: object_id, label, area, bbox (x, y, width, height), n_clicks, segmentation (COCO RLE),
    name, edited_pixels (how many of its pixels were drawn by hand) and edited_segmentation (COCO
    RLE of those), then one column for every attribute, None where an object has no such attribute.

    Args:
        objects: in the order wanted.
    """
    names = dict.fromkeys(name for each in objects for name in each.attributes)
    columns = {
        "object_id": pd.Series([each.id for each in objects], dtype="int64"),
        "label": pd.Series([each.label for each in objects], dtype="object"),
        "area": pd.Series([each.area for each in objects], dtype="int64"),
        "bbox": pd.Series([tuple(each.box) for each in objects], dtype="object"),
        "n_clicks": pd.Series([len(each.clicks) for each in objects], dtype="int64"),
        "segmentation": pd.Series([each.mask.rle for each in objects], dtype="object"),
        "name": pd.Series([each.name for each in objects], dtype="object"),
        "edited_pixels": pd.Series([each.edited_pixels for each in objects], dtype="int64"),
        "edited_segmentation": pd.Series([each.edited.rle for each in objects], dtype="object"),
    }
    for name in names:
        values = [each.attributes.get(name) for each in objects]
        columns[name] = pd.Series(values, dtype="object" if None in values else None)
    return pd.DataFrame(columns)
