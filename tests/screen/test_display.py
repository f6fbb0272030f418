"""A person looks as it suits the eye: strength of masks, dots, outlines, numbers, brightness."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.screen.host import Host


@pytest.fixture
def labelled(host: Host) -> Host:
    host.click(100, 80)
    return host


def slider(host: Host, name: str) -> Locator:
    return host.root.get_by_role("slider", name=name)


def seen_at(host: Host, x: int, y: int) -> tuple[int, int, int]:
    """Colour of the window itself over a pixel of the image, all that lies there put together."""
    left, top = host.place(x, y)
    clip = {"x": int(left), "y": int(top), "width": 1, "height": 1}
    picture = Image.open(io.BytesIO(host.page.screenshot(clip=clip)))  # type: ignore[arg-type]
    red, green, blue = picture.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
    return red, green, blue


def test_she_makes_masks_fainter_and_stronger(labelled: Host) -> None:
    slider(labelled, "Opacity").fill("0.2")
    labelled.settle()
    faint = labelled.painted(115, 90)[3]
    assert faint == pytest.approx(0.2 * 255, abs=3)
    labelled.key("w", "w")
    assert labelled.painted(115, 90)[3] > faint + 30
    assert labelled.widget.opacity == pytest.approx(0.4)
    slider(labelled, "Opacity").dblclick()
    labelled.settle()
    assert labelled.widget.opacity == 0.5


def test_he_looks_at_the_photograph_alone(labelled: Host) -> None:
    labelled.page.mouse.move(5, 5)
    for setting in ("opacity", "outline", "masks_only"):
        setattr(labelled.widget, setting, setting == "masks_only")
    labelled.key("n")  # the border of an active object always shows
    labelled.settle()
    assert labelled.painted(115, 90)[3] == 0
    assert labelled.painted(100, 80)[3] == 0


def test_dots_are_as_large_as_she_likes(labelled: Host) -> None:
    beside = labelled.place(100, 80)
    beside = (beside[0] + 8, beside[1])
    slider(labelled, "Opacity").fill("0")
    labelled.settle()
    assert labelled.marks_at(*beside)[3] == 0
    slider(labelled, "Click radius").fill("10")
    labelled.settle()
    assert labelled.marks_at(*beside)[3] == 255
    slider(labelled, "Click radius").fill("0")
    labelled.settle()
    assert labelled.painted(100, 80)[3] == 0


def test_show_masks_only_hides_the_dots_and_a_click_there_is_a_new_one(labelled: Host) -> None:
    assert labelled.painted(100, 80)[3] == 255
    labelled.root.get_by_role("button", name="Show masks only").click()
    labelled.settle()
    assert labelled.painted(100, 80)[3] == pytest.approx(0.5 * 255, abs=3)
    labelled.click(100, 80)
    assert len(labelled.widget.clicks) == 2
    labelled.key("m")
    assert labelled.painted(100, 80)[3] == 255


def test_outlines_and_numbers_come_and_go(labelled: Host) -> None:
    box = labelled.widget.objects[0].box
    labelled.key("n")  # else the border shows because the object is active
    labelled.page.mouse.move(5, 5)
    labelled.settle()
    edge = (box.x + box.width, 80)
    assert labelled.painted(*edge)[3] > 150
    labelled.key("o")
    assert labelled.painted(*edge)[3] < 150
    labelled.key("i")
    expect(labelled.root.get_by_label("Numbers")).to_be_checked()
    middle = labelled.place(100, 80)
    assert labelled.marks_at(middle[0] + 7, middle[1])[3] == 255


@pytest.mark.parametrize("ground", [0, 255])
@pytest.mark.parametrize("color", ["#1100CC", "#771122", "#553355", "#F0E442", "#F5F5F5"])
def test_the_outline_of_any_colour_shows_on_black_and_on_white(
    labelled: Host, color: str, ground: int
) -> None:
    labelled.key("n")
    labelled.widget.opacity = 0.0
    labelled.widget.session.set_color(1, color)
    labelled.page.mouse.move(5, 5)
    labelled.settle()
    box = labelled.widget.objects[0].box
    x, y = labelled.place(box.x + box.width, 80)
    across = [labelled.marks_at(x + away, y) for away in np.arange(-4, 4, 0.5)]
    seen = [[part * a / 255 + ground * (1 - a / 255) for part in rgb] for *rgb, a in across]
    assert max(contrast(colour, [ground] * 3) for colour in seen) >= 3  # WCAG 2.2, 1.4.11


def contrast(one: list[float], other: list[float]) -> float:
    """Contrast ratio as WCAG defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(rgb: list[float]) -> float:
    """Relative luminance as WCAG defines it."""
    parts = np.asarray(rgb) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_he_brightens_a_dark_photograph_and_masks_keep_their_colours(labelled: Host) -> None:
    photograph, mask = seen_at(labelled, 250, 60), labelled.painted(115, 90)
    slider(labelled, "Brightness").fill("1.5")
    labelled.settle()
    brighter = seen_at(labelled, 250, 60)
    assert brighter[0] == pytest.approx(1.5 * photograph[0], abs=4)
    slider(labelled, "Contrast").fill("0")
    labelled.settle()
    assert seen_at(labelled, 250, 60) == seen_at(labelled, 250, 160)
    assert labelled.painted(115, 90) == mask


def test_the_photograph_is_never_changed_by_how_it_is_shown(labelled: Host) -> None:
    before = labelled.widget.session.image.copy()
    slider(labelled, "Brightness").fill("0.3")
    labelled.settle()
    assert (labelled.widget.session.image == before).all()
    assert labelled.widget.can_undo
    labelled.key("z")
    assert labelled.widget.clicks == ()  # settings are no acts: undo takes the click back
    assert labelled.widget.brightness == pytest.approx(0.3)


def test_python_and_the_sliders_agree(labelled: Host) -> None:
    labelled.widget.opacity = 0.8
    labelled.settle()
    assert slider(labelled, "Opacity").input_value() == "0.8"
    assert labelled.painted(115, 90)[3] == pytest.approx(0.8 * 255, abs=3)


def masks_of(host: Host) -> NDArray[np.float64]:
    """What the layer of masks adds to the photograph, (H, W, 4): RGB times alpha, and alpha."""
    url = host.canvas.locator("canvas").nth(1).evaluate("(layer) => layer.toDataURL()")
    rgba = np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))).astype(float)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba


def drawn_anew(host: Host) -> NDArray[np.float64]:
    """The same after all of it was drawn at once, as when the page has been hidden."""
    host.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    host.settle()
    return masks_of(host)


@pytest.mark.parametrize(("notches", "ratio"), [(0, 1), (3, 1), (0, 1.25)])
def test_masks_painted_part_by_part_are_those_painted_at_once(
    host: Host, notches: int, ratio: float
) -> None:
    screen = host.page.context.new_cdp_session(host.page)
    metrics = {"width": 1000, "height": 700, "deviceScaleFactor": ratio, "mobile": False}
    screen.send("Emulation.setDeviceMetricsOverride", metrics)
    host.page.mouse.move(*host.place(110, 90))
    for _ in range(notches):
        host.page.mouse.wheel(0, -120)
    host.settle()
    steps: list[Callable[[], None]] = [
        lambda: host.click(100, 80),
        lambda: host.click(125, 85),
        lambda: host.key("n"),
        lambda: host.click(112, 110),  # takes pixels from the first one
        lambda: host.click(112, 95, button="right"),
        lambda: host.key("n"),
        lambda: host.click(90, 100),
        lambda: host.widget.set_color(1, "#ff0000"),
        lambda: host.key("z"),
        lambda: host.key("z"),
        lambda: host.key("1"),
        lambda: host.widget.set_visible(2, visible=False),
        lambda: host.widget.remove_object(1),
    ]
    seen = []
    for step in steps:
        step()
        host.settle()
        seen.append(masks_of(host))
        difference = np.abs(seen[-1] - drawn_anew(host))
        assert difference.max() < 48  # a mask has 128, and where lines meet Skia rounds
        assert (difference > 2).any(-1).sum() < 100
    assert all((one != other).any() for one, other in itertools.pairwise(seen[:4]))


def test_the_zoom_stays_when_the_same_photograph_comes_again_for_another_page(host: Host) -> None:
    host.page.mouse.move(*host.place(100, 80))
    host.page.mouse.wheel(0, -300)
    host.settle()
    zoom = host.zoom
    again = "new DataView(window.model.get('_image').buffer.slice(0))"
    host.page.evaluate(f"() => window.model.receive({{ _image: {again} }})")
    host.settle()
    assert host.zoom == zoom


def test_all_is_drawn_for_a_screen_of_more_pixels_as_soon_as_the_window_is_there(
    host: Host,
) -> None:
    widths = "(canvas) => [...canvas.querySelectorAll('canvas')].map(({ width }) => width)"
    before = host.canvas.evaluate(widths)
    # Each time, not only the first. An emulated screen says so only if its height changes as well.
    for ratio, height in ((2, 710), (1, 720), (2, 730)):
        host.use_screen(1000, height, ratio)
        assert host.canvas.evaluate(widths) == pytest.approx([ratio * w for w in before], abs=1)
