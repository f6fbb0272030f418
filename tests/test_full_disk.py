"""Where a disk is full, what was there stays, and the error says which file it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

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
