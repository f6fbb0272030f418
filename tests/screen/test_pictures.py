"""A person takes pictures of the work: overlay, masks only, click map and binary masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.screen.host import Host


@pytest.fixture(autouse=True)
def _beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def saved(host: Host) -> dict[str, np.ndarray]:
    host.wait_until(lambda: bool(host.widget._saved))
    folder = Path(host.widget._saved["folder"])
    return {
        path.stem.removeprefix("image_"): np.array(Image.open(path)) for path in folder.iterdir()
    }


def test_she_saves_all_pictures_and_reads_where_they_are(host: Host) -> None:
    host.click(60, 100)
    host.key("n")
    host.click(200, 100)
    host.root.get_by_role("button", name="Save pictures").click()
    pictures = saved(host)
    assert set(pictures) == {"overlay", "masks", "clicks", "mask_001", "mask_002"}
    expect(host.root.locator(".dw-notice")).to_have_text(
        "5 pictures saved in the folder image_pictures"
    )
    for number in (1, 2):  # one file an object, not their union
        mask = pictures[f"mask_{number:03d}"]
        assert np.array_equal(mask, 255 * (host.widget.label_map == number))
    assert (pictures["overlay"][100, 60] != pictures["masks"][100, 60]).any()  # the dot
    assert pictures["clicks"][100, 60].any()  # a click map is not white, nor all black
    assert not pictures["clicks"][10, 10].any()


def test_they_wait_for_the_answer(host: Host) -> None:
    host.page.mouse.click(*host.place(60, 100))
    host.root.locator("[data-action=save_pictures]").click()
    assert saved(host)["mask_001"].any()


def test_pictures_that_cannot_be_saved_are_said(host: Host, tmp_path: Path) -> None:
    (tmp_path / "image_pictures").write_text("a file where the folder should be")
    host.click(60, 100)
    host.root.locator("[data-action=save_pictures]").click()
    host.wait_until(lambda: bool(host.widget._error))
    expect(host.root.get_by_role("alert")).to_contain_text("image_pictures")
    assert len(host.widget.clicks) == 1
