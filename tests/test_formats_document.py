"""The examples of docs/formats.md run as they stand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dynamite_widget import samples

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "formats.md"


def test_the_examples_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("street.jpg", "day/a.jpg", "night/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(samples.path("rocket.jpg"), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL):
        exec(code, names)
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {
        "labels.json",
        "roofs.geojson",
        "all.json",
        "yolo/labels/day/a.txt",
        "maps/day/a.png",
        "yolo/labels/street.txt",
        "yolo/data.yaml",
        "voc/SegmentationClass/street.png",
        "pictures/street_mask_001_rocket.png",
        "figure.pdf",
    } <= there
