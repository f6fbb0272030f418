"""What a person saves of her work: pictures as on the screen, files of masks, figures."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.data_sets import DataSetFormat
from dynamite_widget.formats.files import read_annotations, write_annotations
from dynamite_widget.formats.yolo import from_yolo
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick

H, W = 60, 90
GREY = np.full((H, W, 3), 128, np.uint8)
RING = np.zeros((H, W), bool)
RING[10:50, 10:40] = True
RING[20:40, 20:30] = False
CORNER = np.zeros((H, W), bool)
CORNER[45:, 60:] = True


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A ring and a corner, both drawn by hand, each with clicks, and a background click."""
    path = tmp_path / "my street.png"
    Image.fromarray(GREY).save(path)
    session = Session(path, NearestClick(), labels=["<script>alert(1)</script>", "a/../b"])
    ring = session.add_object("<script>alert(1)</script>", name="$x_1$")
    corner = session.add_object("a/../b")
    session.click(15, 15, ring)
    session.click(80, 50, corner)
    session.click(70, 10)
    session.erase([(W / 2, H / 2)], W)
    session.paint(ring, RING)
    session.paint(corner, CORNER)
    np.testing.assert_array_equal(session.label_map, RING + 2 * CORNER)
    return session


def color(session: Session, object_id: int) -> NDArray[np.int64]:
    by_id = {each.id: each.color for each in session.objects}
    return np.array(ImageColor.getrgb(by_id[object_id]))


def test_masks_lie_half_transparent_over_the_photograph_in_their_colours(session: Session) -> None:
    picture = session.overlay(clicks=False, outline=False)
    assert picture.shape == session.image.shape
    for object_id, mask in ((1, RING), (2, CORNER)):
        expected = np.rint(64 + color(session, object_id) / 2)
        np.testing.assert_array_equal(picture[mask], np.tile(expected, (mask.sum(), 1)))
    assert (picture[~(RING | CORNER)] == 128).all()


def test_an_outline_is_the_objects_colour_between_dark_lines(session: Session) -> None:
    picture = session.overlay(clicks=False, opacity=0)
    assert (picture[10, 11:39] == color(session, 1)).all()
    assert (picture[9, 11:39] < 128).all()  # outside
    assert (picture[11, 12:38] < 128).all()  # inside
    assert (picture[12:15, 12:18] == 128).all()
    assert (picture[-1, 65:] == color(session, 2)).all()  # the image's edge ends an object too


def test_a_dot_of_its_objects_colour_marks_the_very_pixel_of_a_click(session: Session) -> None:
    for object_id, (x, y) in ((1, (15, 15)), (2, (80, 50))):
        assert (session.overlay()[y, x] == color(session, object_id)).all()
    assert (session.overlay(click_radius=0) == session.overlay(clicks=False)).all()


def test_the_click_map_has_every_dot_and_nothing_else(session: Session) -> None:
    picture = session.click_map()
    assert (picture[15, 15] == color(session, 1)).all()
    assert (picture[50, 80] == color(session, 2)).all()
    near = np.zeros((H, W), bool)
    for x, y in ((15, 15), (80, 50), (70, 10)):
        near[y - 5 : y + 6, x - 5 : x + 6] = True
        assert picture[y - 5 : y + 6, x - 5 : x + 6].max() > 200  # its ring is white
    assert (picture[~near] == 0).all()


def test_what_is_hidden_is_in_no_picture(session: Session) -> None:
    session.set_visible(1, False)
    assert (session.overlay()[RING] == 128).all()
    assert (session.click_map()[15, 15] == 0).all()


def test_numbers_are_written_inside_their_objects(session: Session) -> None:
    changed = (session.overlay(numbers=True) != session.overlay()).any(axis=2)
    assert changed[CORNER].any()
    assert changed[RING].any()


def test_she_saves_overlay_masks_clicks_and_one_binary_mask_an_object(
    session: Session, tmp_path: Path
) -> None:
    empty = session.add_object()
    folder = tmp_path / "exports"
    paths = session.save_pictures(folder)
    assert [path.name for path in paths] == [
        "my_street_overlay.png",
        "my_street_masks.png",
        "my_street_clicks.png",
        "my_street_mask_001_script_alert_1_script.png",
        "my_street_mask_002_a_b.png",
        f"my_street_mask_00{empty}.png",
    ]
    assert sorted(folder.iterdir()) == sorted(paths)
    pictures = [np.asarray(Image.open(path)) for path in paths]
    np.testing.assert_array_equal(pictures[0], session.overlay())
    np.testing.assert_array_equal(pictures[1], session.overlay(clicks=False))
    np.testing.assert_array_equal(pictures[2], session.click_map())
    for picture, mask in zip(pictures[3:], session.masks, strict=True):
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, mask * 255)


def test_pictures_of_another_image_of_the_same_name_are_not_replaced(tmp_path: Path) -> None:
    sessions = []
    for k, folder in enumerate(("left", "right")):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (40, 30), (90 * k, 0, 0)).save(tmp_path / folder / "0001.png")
        sessions.append(Session(tmp_path / folder / "0001.png", NearestClick()))
        sessions[-1].click(10, 10, sessions[-1].add_object())
    before = {path: path.read_bytes() for path in sessions[0].save_pictures(tmp_path / "out")}
    with pytest.raises(ValueError, match=r"0001_overlay\.png shows another image .* name="):
        sessions[1].save_pictures(tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before

    named = sessions[1].save_pictures(tmp_path / "out", name="right_0001")
    assert {path.name.removeprefix("right_") for path in named} == {path.name for path in before}
    sessions[0].undo()
    assert sessions[0].save_pictures(tmp_path / "out") == tuple(before)


def test_masks_of_objects_that_are_gone_leave_the_folder(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    saved = {*session.save_pictures(folder)}
    theirs = folder / "my_street_mask_009_notes.png"
    theirs.write_bytes(b"somebody else's")
    session.remove_object(1)
    left = {path for path in saved if "mask_001" not in path.name}
    assert {*session.save_pictures(folder)} == left < saved
    assert {*folder.iterdir()} == left | {theirs}


def test_pictures_have_the_full_resolution_of_a_large_photograph() -> None:
    session = Session(np.zeros((3000, 4000, 3), np.uint8), NearestClick())
    mask = np.zeros((3000, 4000), bool)
    mask[500:2500, 500:3500] = True
    session.paint(session.add_object(), mask)
    picture = session.overlay(opacity=0)
    assert picture.shape == (3000, 4000, 3)
    assert (picture[500:504, 1000] != 0).any(axis=1).all()  # lines grow with the photograph
    assert (picture[520, 1000] == 0).all()


@pytest.mark.parametrize("wrong", [{"opacity": 2}, {"opacity": -1}, {"click_radius": -1}])
def test_a_setting_out_of_its_bounds_is_refused(session: Session, wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"from 0 to (1|100), not"):
        session.overlay(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["yolo", "voc", "npz", "geojson"])
def test_labels_that_came_from_numpy_are_exported_as_any_text(
    format: DataSetFormat, tmp_path: Path
) -> None:
    session = Session(GREY, NearestClick(), labels=np.array(["a", "b"]))  # type: ignore[arg-type]
    session.paint(session.add_object(np.str_("a"), name=np.str_("Herbie")), RING)
    free = Session(GREY, NearestClick())
    free.paint(free.add_object(np.str_("c")), RING)
    for number, each in enumerate((session, free)):
        assert each.export(tmp_path / f"{format}{number}", format=format).exists()
        (annotation,) = each.annotations.objects
        for text in (annotation.label, annotation.name, *(each.labels or ())):
            assert type(text) is str
    assert type(Annotation(annotation.mask, 1, np.str_("c")).label) is str


@pytest.mark.parametrize("ending", [".json", ".geojson", ".png", ".npz"])
def test_masks_are_exported_to_a_file_and_read_again(
    session: Session, ending: str, tmp_path: Path
) -> None:
    path = session.export(tmp_path / f"labels{ending}")
    taken = read_annotations(path)
    np.testing.assert_array_equal(taken.label_map, session.label_map)
    if ending != ".png":
        assert taken.labels == ("<script>alert(1)</script>", "a/../b")
    again = Session.from_annotations(session.image, taken, segmenter=NearestClick())
    np.testing.assert_array_equal(again.label_map, session.label_map)


@pytest.mark.parametrize("ending", [".json", ".geojson", ".npz"])
def test_an_image_without_objects_comes_back_open_to_any_label(ending: str, tmp_path: Path) -> None:
    taken = read_annotations(Session(GREY, NearestClick()).export(tmp_path / f"labels{ending}"))
    again = Session.from_annotations(GREY, taken, segmenter=NearestClick())
    assert again.add_object("car") == 1


def test_coco_files_name_the_photograph(session: Session, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="object 1 "):
        path = session.export(tmp_path / "labels.json", polygons=True)
    coco = json.loads(path.read_text())
    assert coco["images"][0]["file_name"] == "my street.png"
    assert isinstance(coco["annotations"][0]["segmentation"], list)


def test_a_file_of_several_images_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    images = [{"id": i, "file_name": f"{i}.png", "height": 2, "width": 2} for i in (1, 2)]
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    assert read_annotations(path, image="2.png").size == (2, 2)
    with pytest.raises(ValueError, match="name one of its 2 images"):
        read_annotations(path)
    with pytest.raises(ValueError, match=r"not '3\.png'"):
        read_annotations(path, image="3.png")


@pytest.mark.parametrize("name", ["labels.tiff", "labels", "labels.txt"])
def test_an_unknown_ending_is_refused_with_those_that_are_known(name: str, tmp_path: Path) -> None:
    for act in (
        lambda: write_annotations(tmp_path / name, Annotations((1, 1))),
        lambda: read_annotations(tmp_path / name),
    ):
        with pytest.raises(ValueError, match=r"\.geojson, \.png \(label map\) or \.npz"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_the_old_file(session: Session, tmp_path: Path) -> None:
    path = session.export(tmp_path / "labels.png")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="8 or 16 bits"):
        session.export(path, bits=12)
    assert path.read_bytes() == before
    path.write_bytes(before[:30])
    with pytest.raises(ValueError, match=r"labels\.png"):
        read_annotations(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [("street.session.json", "which `save` writes"), ("work.json", "holds what `save` wrote")],
)
def test_an_export_never_takes_the_place_of_a_session(
    session: Session, tmp_path: Path, name: str, words: str
) -> None:
    path = tmp_path / name
    session.save(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words):
        session.export(path)
    assert path.read_bytes() == before


def test_lines_rows_and_polygons_come_from_the_session_itself(session: Session) -> None:
    yolo = from_yolo(session.to_yolo(), size=session.size, classes=session.labels or ())
    np.testing.assert_array_equal(yolo.label_map, session.label_map)
    assert session.to_geojson()["features"][0]["properties"]["name"] == "$x_1$"
    row = session.to_row()
    assert row["image"].endswith("my street.png")
    assert row["objects"]["area"] == [RING.sum(), CORNER.sum()]


def test_no_label_breaks_out_of_an_svg_and_none_fills_the_page(tmp_path: Path) -> None:
    session = Session(GREY, NearestClick())
    session.paint(session.add_object("--><script>alert(1)</script><!--"), RING)
    session.paint(session.add_object("very " * 100), CORNER)
    path = tmp_path / "figure.svg"
    legend = session.figure(path).axes[0].get_legend()
    assert legend is not None
    assert max(len(text.get_text()) for text in legend.get_texts()) <= 60
    tags = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}
    assert "script" not in tags


def test_the_widget_exports_as_its_session_does(session: Session, tmp_path: Path) -> None:
    widget = SegmentationWidget(session)
    np.testing.assert_array_equal(widget.overlay(), session.overlay())
    assert widget.annotations.labels == session.annotations.labels
    assert widget.export(tmp_path / "labels.geojson").exists()
    widget.close()


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_figure_is_saved_for_a_paper(session: Session, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"figure{ending}"
    session.figure(path)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_a_figure_is_saved_at_home(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    session.figure("~/figure.svg")
    assert (tmp_path / "figure.svg").is_file()


def test_a_figures_legend_says_number_label_and_name_whatever_they_hold(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "figure.svg"
    figure = session.figure(path)
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["1 <script>alert(1)</script> $x_1$", "2 a/../b"]
    tags = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}
    assert "script" not in tags
    assert "image" in tags  # the photograph
    assert session.figure(legend=False).axes[0].get_legend() is None


def test_a_png_figure_shows_every_pixel_of_the_photograph_alike(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "figure.png"
    session.figure(path, clicks=False, legend=False, opacity=1)
    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)
    times = picture.shape[1] // W
    assert times >= 10
    pad = (picture.shape[1] - times * W) // 2
    middle = picture[pad + times // 2 :: times, pad + times // 2 :: times][:H, :W]
    for object_id, mask in ((1, RING), (2, CORNER)):
        assert (middle[mask] == color(session, object_id)).all(axis=1).mean() > 0.95
    assert (middle[~(RING | CORNER)] == 128).all(axis=1).mean() > 0.95


def test_a_tall_narrow_photograph_makes_no_figure_that_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "figure.png"
    for rows, columns in ((600, 20), (400, 1)):
        session = Session(np.full((rows, columns, 3), 128, np.uint8), NearestClick())
        session.paint(session.add_object(), np.ones((rows, columns), bool))
        width, height = session.figure(path, numbers=False, legend=False).get_size_inches()
        assert (height, width) == pytest.approx((4 * 6.4, 4 * 6.4 * columns / rows))
        with Image.open(path) as saved:
            assert saved.height < 9000
            assert saved.width < 300
    session.figure(tmp_path / "figure.pdf")
    monkeypatch.setattr("dynamite_widget.figures.MAX_PIXELS", 10_000)
    session.figure(path)
    with Image.open(path) as saved:
        assert saved.width * saved.height < 12_000  # with its margin


def test_objects_in_a_figure_carry_the_numbers_of_its_legend_and_small_ones_stay_in_sight(
    session: Session,
) -> None:
    speck = np.zeros((H, W), bool)
    speck[30, 70] = True
    session.paint(session.add_object(), speck)
    session.add_object()  # has no pixel yet
    (axes,) = session.figure().axes
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert [*places] == ["1", "2", "3"]
    for object_id, mask in (("1", RING), ("2", CORNER)):
        x, y = map(int, places[object_id])
        assert mask[y, x]
    assert places["3"][1] < 30
    assert len(session.figure(numbers=False).axes[0].texts) == 0


def test_a_pdf_figure_has_fonts_that_journals_take(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    session.figure(path)
    assert b"/Type42" in path.read_bytes() or b"/CIDFontType2" in path.read_bytes()
    assert b"/Type3" not in path.read_bytes()


def test_a_figure_under_another_ending_is_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.pdf, not 'figure\.tiff'"):
        session.figure(tmp_path / "figure.tiff")


def test_without_matplotlib_a_figure_says_what_to_install() -> None:
    look = (
        "import sys; sys.modules['matplotlib'] = None; sys.modules['matplotlib.figure'] = None\n"
        "import numpy as np\n"
        "from dynamite_widget.figures import figure\n"
        "try: figure(np.zeros((2, 2, 3), np.uint8), ())\n"
        "except ImportError as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "figures need matplotlib: pip install 'dynamite-widget[evaluation]'\n"
