"""Where a disk is full, what was there stays, and the error says which file it was."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from dynamite_widget.formats.data_sets import DataSetFormat
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick

if sys.platform == "win32":
    pytest.skip("Windows sets no limit to the size of files", allow_module_level=True)

import resource


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond some bytes, as if the disk had no more."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def session() -> Session:
    session = Session(np.zeros((32, 48, 3), np.uint8), NearestClick())
    session.click(10, 10, session.add_object("cat"))
    return session


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "PNG"])
def test_a_figure_that_cannot_be_saved_leaves_the_one_of_before(
    ending: str, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / f"figure.{ending}"
    session.figure(path)
    before = path.read_bytes()
    with full_disk(), pytest.raises(OSError, match="File too large"):
        session.figure(path, legend=False)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]
    session.figure(path, legend=False)
    assert path.read_bytes() != before


def busy(source: str, target: str) -> None:
    raise PermissionError(13, "File in use", source, None, target)


@contextmanager
def file_in_use() -> Iterator[None]:
    """Nothing takes the place of a file, as where somebody else has it open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", busy)
        yield


@pytest.mark.parametrize("format", [None, "png", "npz", "geojson"])
@pytest.mark.parametrize(
    ("broken", "said"), [(full_disk, "File too large"), (file_in_use, "File in use")]
)
def test_the_error_names_the_file_that_was_to_be_written(
    broken: Callable[[], AbstractContextManager[None]],
    said: str,
    format: DataSetFormat | None,
    session: Session,
    tmp_path: Path,
) -> None:
    path = tmp_path / ("a.npz" if format is None else ".exported.json")
    where = path if format is None else tmp_path
    with broken(), pytest.raises(OSError, match=said) as raised:
        session.export(where, format=format)
    assert re.fullmatch(rf"\[Errno \d+\] {said}: {re.escape(repr(str(path)))}", str(raised.value))
    assert [*tmp_path.iterdir()] == []
