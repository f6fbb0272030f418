"""Objects as GeoJSON polygons and back (RFC 7946), in pixels or in world coordinates.

Corners follow the convention of `dynamite_widget.formats.polygons`. An affine transform
(a, b, c, d, e, f) leads from pixel to world coordinates as rasterio and GDAL's world files have it:
x' = a x + b y + c and y' = d x + e y + f, where (0, 0) is the outer corner of the first pixel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any

import numpy as np

from dynamite_widget.formats.annotations import (
    Annotation,
    Annotations,
    checked_size,
    ids_of,
    kept_attributes,
    kept_color,
    plain_text,
)
from dynamite_widget.formats.polygons import Polygon, Ring, mask_of, polygons_of

Transform = Sequence[float]
"""Six numbers (a, b, c, d, e, f), or nine whose last three are 0, 0, 1."""

_PIXELS = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def to_geojson(
    annotations: Annotations, *, transform: Transform | None = None, crs: str | None = None
) -> dict[str, Any]:
    """Write a FeatureCollection with one feature an object, holes as inner rings.

    It keeps everything: masks exactly, overlaps, objects without pixels (a feature without
    geometry), label, name, colour and attributes as properties. The members "image" and "transform"
    say what corners mean.

    Args:
        annotations: of one image.
        transform: from pixel to world coordinates; None for pixels.
        crs: name of the world coordinates such as "urn:ogc:def:crs:EPSG::32632". RFC 7946 knows
            longitude and latitude alone (None), but readers take the older "crs" member.

    Returns:
        Plain values only, ready for json.

    Raises:
        ValueError: if the transform is none, or cannot be undone.
    """
    numbers = _checked(transform)
    height, width = annotations.size
    collection: dict[str, Any] = {"type": "FeatureCollection"}
    if crs is not None:
        collection["crs"] = {"type": "name", "properties": {"name": crs}}
    return collection | {
        "image": {"height": height, "width": width},
        "transform": list(numbers),
        "categories": None if annotations.categories is None else list(annotations.categories),
        "features": [_feature(each, numbers) for each in annotations.objects],
    }


def from_geojson(
    data: Mapping[str, Any],
    *,
    size: tuple[int, int] | None = None,
    transform: Transform | None = None,
    label: str = "label",
) -> Annotations:
    """Read a FeatureCollection of polygons.

    Objects are painted in the order of the features. Ids are the features' own if all are
    different and 1 to 65535; otherwise they go from 1.

    Args:
        data: a FeatureCollection.
        size: (H, W) of the image; None takes it from the member "image".
        transform: from pixel to world coordinates; None takes it from the member "transform", or
            pixels.
        label: property that holds the label. Where there is none, the name of what QuPath calls
            "classification" is the label, and its colour the object's.

    Raises:
        ValueError: if it is no FeatureCollection, the size is not known, a geometry is neither
            Polygon nor MultiPolygon, or properties are no values by name.
    """
    features = data.get("features") if isinstance(data, Mapping) else None
    if not isinstance(features, list) or data.get("type") != "FeatureCollection":
        raise ValueError("this is no GeoJSON FeatureCollection")
    if size is None:
        image = data.get("image")
        if not isinstance(image, Mapping):
            raise ValueError("the size of the image is not in this file: pass size=(H, W)")
        size = checked_size(image.get("height"), image.get("width"), "its image")
    numbers = _checked(data.get("transform") if transform is None else transform)
    if not all(isinstance(each, Mapping) for each in features):
        raise ValueError("this is no GeoJSON FeatureCollection: a feature of it is none")
    ids = ids_of([each.get("id") for each in features])
    objects = []
    for place, (object_id, feature) in enumerate(zip(ids, features, strict=True)):
        what = f"feature {place} of this GeoJSON"
        try:
            known = _plain_properties(feature.get("properties") or {}, label)
            objects.append(
                Annotation(
                    mask=mask_of(_polygons(feature.get("geometry"), numbers), size),
                    id=object_id,
                    label=plain_text(known.pop(label, None)) or None,
                    name=plain_text(known.pop("name", None)) or "",
                    color=kept_color(known.pop("color", None)),
                    attributes=kept_attributes(known, what),
                )
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"{what}: {error}") from error
    return Annotations(size, tuple(objects), _categories(data.get("categories")))


def _categories(found: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    """Labels to choose from as `to_geojson` lists them; others mean something else by that name."""
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return tuple(found)
    return None


def _plain_properties(properties: Any, label: str) -> dict[str, Any]:  # noqa: ANN401
    """A feature's properties, with QuPath's classification as label and colour."""
    if not isinstance(properties, Mapping):
        raise ValueError(f"properties are values by name, not {properties!r}")
    known = dict(properties)
    classification = known.get("classification")
    if label not in known and isinstance(classification, Mapping):
        del known["classification"]
        known[label] = classification.get("name")
        with suppress(KeyError, TypeError, ValueError):
            red, green, blue = bytes(list(classification["color"]))
            known.setdefault("color", f"#{red:02X}{green:02X}{blue:02X}")
    return known


def _feature(each: Annotation, numbers: Transform) -> dict[str, Any]:
    parts = [
        [_world(ring, numbers) for ring in (polygon.outer, *polygon.holes)]
        for polygon in polygons_of(each.mask)
    ]
    geometry: dict[str, Any] | None = None
    if len(parts) == 1:
        geometry = {"type": "Polygon", "coordinates": parts[0]}
    elif parts:
        geometry = {"type": "MultiPolygon", "coordinates": parts}
    known: dict[str, Any] = {"label": each.label, "name": each.name}
    if each.color is not None:
        known["color"] = each.color
    properties = known | dict(each.attributes)
    return {"type": "Feature", "id": each.id, "geometry": geometry, "properties": properties}


def _world(ring: Ring, numbers: Transform) -> list[list[float]]:
    """Close a ring; its inside stays on the same side, as RFC 7946 wants."""
    a, b, c, d, e, f = numbers
    x, y = np.concatenate([ring, ring[:1]]).T
    points = np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)
    return (points if a * e - b * d > 0 else points[::-1]).tolist()


def _polygons(geometry: Any, numbers: Transform) -> list[Polygon]:  # noqa: ANN401
    if geometry is None:
        return []
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"a mask is a Polygon or MultiPolygon, not {kind!r}")
    parts = geometry.get("coordinates")
    parts = [parts] if kind == "Polygon" else parts
    try:
        rings = [[_pixels(ring, numbers) for ring in part] for part in parts if part != []]
    except (IndexError, TypeError, ValueError) as error:
        raise ValueError(f"its coordinates are not rings of [x, y]: {error}") from error
    return [Polygon(outer, tuple(holes)) for outer, *holes in rings]


def _pixels(ring: Any, numbers: Transform) -> Ring:  # noqa: ANN401
    a, b, c, d, e, f = numbers
    x, y = np.array([point[:2] for point in ring], float).T - [[c], [f]]
    if len(ring) > 1 and ring[0] == ring[-1]:
        x, y = x[:-1], y[:-1]
    return np.stack([e * x - b * y, a * y - d * x], axis=1) / (a * e - b * d)


def _checked(transform: Any) -> Transform:  # noqa: ANN401 - may come from a file
    if transform is None:
        return _PIXELS
    try:
        numbers = tuple(float(number) for number in transform)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a transform is six numbers a to f, not {transform!r}") from error
    if len(numbers) == 9 and numbers[6:] == (0, 0, 1):
        numbers = numbers[:6]
    if len(numbers) != 6 or not all(map(isfinite, numbers)):
        raise ValueError(f"a transform is six finite numbers a to f, not {transform!r}")
    a, b, _, d, e, _ = numbers
    if a * e - b * d == 0:
        raise ValueError(f"the transform {numbers} cannot be undone: it maps areas to lines")
    return numbers
