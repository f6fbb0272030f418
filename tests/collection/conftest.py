"""Five photographs, and an eye on which of them are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dynamite_widget import session
from tests.collection.labelled import HEIGHT, WIDTH


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Five small pictures, all different."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    paths = [folder / f"{letter}.png" for letter in "abcde"]
    for shade, path in enumerate(paths):
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(path)
    return paths


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of this test's images that were decoded, in order.

    Another test's images may still be opened ahead, in the background.
    """
    names: list[str] = []
    to_rgb = session.to_rgb

    def noted(image: object, **options: object) -> object:
        if tmp_path in Path(str(image)).parents:
            names.append(Path(str(image)).name)
        return to_rgb(image, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "to_rgb", noted)
    return names
