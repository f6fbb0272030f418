"""GeoJSON keeps masks with their holes, in pixels and in world coordinates; shapely reads it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.geojson import from_geojson, to_geojson
from dynamite_widget.masks import Mask
from tests.mask_examples import HARD, PIXELS, Pixels, annotations

UTM = (0.25, 0.0, 691_000.125, 0.0, -0.25, 5_334_000.875)
"""Pixels of 25 cm, north up."""
TURNED = (0.3, 0.4, -17.5, 0.4, -0.3, 1e6)
LONGITUDE = (8.983e-6, 0.0, 11.5712345, 0.0, -6.1e-6, 48.1498765)


def through_json(collection: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(collection))


@given(
    annotations(overlapping=True), st.sampled_from([None, UTM, TURNED, LONGITUDE, (*UTM, 0, 0, 1)])
)
def test_objects_come_back_as_they_were(taken: Annotations, transform: Any) -> None:  # noqa: ANN401
    back = from_geojson(through_json(to_geojson(taken, transform=transform)))
    assert back.objects == taken.objects
    assert (back.size, back.categories) == (taken.size, taken.categories)


@given(PIXELS)
def test_shapely_finds_valid_shapes_that_hold_the_same_pixels(pixels: Pixels) -> None:
    taken = Annotations(pixels.shape, (Annotation(Mask.from_array(pixels), 1),))
    (feature,) = through_json(to_geojson(taken))["features"]
    if not pixels.any():
        assert feature["geometry"] is None
        return
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert shape.is_valid
    assert shape.area == pixels.sum()
    y, x = np.indices(pixels.shape) + 0.5
    np.testing.assert_array_equal(shapely.contains_xy(shape, x, y), pixels)


@pytest.mark.parametrize("transform", [None, UTM, TURNED])
def test_outer_rings_run_counter_clockwise_and_close(transform: Any) -> None:  # noqa: ANN401
    taken = Annotations.of_label_map(HARD["an island in a hole"] * 1)
    (feature,) = to_geojson(taken, transform=transform)["features"]
    for outer, *holes in feature["geometry"]["coordinates"]:
        assert shapely.LinearRing(outer).is_ccw
        assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)
        assert outer[0] == outer[-1]


def test_world_coordinates_are_those_of_the_pixels_corners() -> None:
    taken = Annotations.of_label_map(np.array([[0, 0], [0, 1]]))
    (feature,) = to_geojson(taken, transform=UTM, crs="urn:ogc:def:crs:EPSG::32632")["features"]
    bounds = shapely.from_geojson(json.dumps(feature["geometry"])).bounds
    assert bounds == (691_000.375, 5_334_000.375, 691_000.625, 5_334_000.625)


def test_labels_names_colours_and_attributes_are_properties() -> None:
    mask = Mask.from_array(np.eye(2))
    object_ = Annotation(mask, 3, "<script>", "Herbie", {"wheels": 4, "old": True}, "#102030")
    collection = to_geojson(Annotations((2, 2), (object_,), ("<script>", "car")))
    assert collection["features"][0]["properties"] == {
        "label": "<script>",
        "name": "Herbie",
        "color": "#102030",
        "wheels": 4,
        "old": True,
    }
    back = from_geojson(through_json(collection))
    assert back.objects == (object_,)
    assert back.categories == ("<script>", "car")


def foreign(geometry: Any, **properties: object) -> dict[str, Any]:  # noqa: ANN401
    feature = {"type": "Feature", "geometry": geometry, "properties": properties or None}
    return {"type": "FeatureCollection", "features": [feature]}


SQUARE = {
    "type": "Polygon",
    "coordinates": [[[1, 0, 9], [3, 0, 9], [3, 2, 9], [1, 2, 9], [1, 0, 9]]],
}


def test_a_file_of_others_is_read_when_the_size_is_given() -> None:
    taken = from_geojson(foreign(SQUARE, kind="roof", floors=2), size=(2, 4), label="kind")
    assert taken.label_map.tolist() == [[0, 1, 1, 0], [0, 1, 1, 0]]
    assert taken.labels == ("roof",)
    assert taken.objects[0].attributes == {"floors": 2}


def test_kinds_that_others_number_become_labels() -> None:
    taken = from_geojson(foreign(SQUARE, kind=3), size=(2, 4), label="kind")
    assert taken.labels == ("3",)
    with pytest.raises(ValueError, match=r"feature 0 .* label is text or None, not list"):
        from_geojson(foreign(SQUARE, kind=[3]), size=(2, 4), label="kind")


def test_what_qupath_classified_has_its_label_and_colour() -> None:
    tumour = {"name": "Tumour", "color": [200, 0, 16]}
    found = foreign(SQUARE, objectType="annotation", classification=tumour)
    taken = from_geojson(found, size=(2, 4))
    (square,) = taken.objects
    assert (square.label, square.color) == ("Tumour", "#C80010")
    assert square.attributes == {"objectType": "annotation"}, (
        "a new label must not leave an old one"
    )
    again = through_json(to_geojson(taken))
    assert from_geojson(again).objects == taken.objects


@pytest.mark.parametrize(
    "odd",
    [{"name": "Tumour"}, {"name": "Tumour", "color": [1, 2, 300]}, {"name": "Tumour", "color": 3}],
)
def test_a_classification_without_a_colour_is_a_label_alone(odd: dict[str, Any]) -> None:
    (square,) = from_geojson(foreign(SQUARE, classification=odd), size=(2, 4)).objects
    assert (square.label, square.color) == ("Tumour", None)
    own = foreign(SQUARE, label="roof", classification="a text of one's own")
    (square,) = from_geojson(own, size=(2, 4)).objects
    assert square.label == "roof"
    assert square.attributes == {"classification": "a text of one's own"}


def test_names_and_colours_of_others_do_not_keep_a_file_from_being_read() -> None:
    taken = from_geojson(foreign(SQUARE, label="", name=12, color=[255, 0, 0]), size=(2, 4))
    (square,) = taken.objects
    assert (square.label, square.name, square.color) == (None, "12", None)


def test_without_a_size_it_says_what_to_pass() -> None:
    with pytest.raises(ValueError, match=r"pass size=\(H, W\)"):
        from_geojson(foreign(SQUARE))


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[[1, 0], [3, 0]]]},
        {"type": "Polygon", "coordinates": [[1, 0], [3, 0], [3, 2]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [3, 0], [3, 2]]]},
        {"type": "Polygon", "coordinates": [[[1, 0], [3e9, 0], [3, 2]]]},
        "POLYGON",
    ],
)
def test_what_is_no_polygon_is_named(wrong: object) -> None:
    with pytest.raises(ValueError, match="feature 0 of this GeoJSON"):
        from_geojson(foreign(wrong), size=(3, 4))


@pytest.mark.parametrize("wrong", [[1], ["ab"], "a text", 5])
def test_properties_that_are_none_are_named(wrong: object) -> None:
    data = foreign(SQUARE)
    data["features"][0]["properties"] = wrong
    with pytest.raises(ValueError, match="feature 0 of this GeoJSON: properties are values by nam"):
        from_geojson(data, size=(3, 4))


@pytest.mark.parametrize("theirs", [5, "roofs", [{"id": 1, "name": "roof"}], {"roof": 1}])
def test_categories_of_others_are_no_list_of_labels(theirs: object) -> None:
    taken = from_geojson(foreign(SQUARE) | {"categories": theirs}, size=(2, 4))
    assert taken.categories is None


@pytest.mark.parametrize("wrong", [{}, {"type": "Feature"}, {"type": "FeatureCollection"}, []])
def test_what_is_no_collection_is_refused(wrong: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="no GeoJSON FeatureCollection"):
        from_geojson(wrong, size=(3, 4))


@pytest.mark.parametrize("wrong", [(1, 2, 3), (1, 2, 0, 2, 4, 0), (1, 0, np.nan, 0, 1, 0), "abc"])
def test_a_transform_that_cannot_be_undone_is_refused(wrong: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="transform"):
        to_geojson(Annotations((1, 1)), transform=wrong)
