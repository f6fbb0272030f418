"""Large files are written beside their place first, so that there is the old one or the new one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Give the name of a draft, which takes the file's place when the block has written it.

    It gets the permissions of any new file. If it cannot be written, nothing is left of it.

    Raises:
        OSError: if it cannot be written, whatever the library that writes it raises for that.
    """
    draft = path.with_name(path.name + ".partial")
    try:
        draft.touch()
        permissions = draft.stat().st_mode
        yield draft
        draft.chmod(permissions)  # some writers make their files the owner's alone
        os.replace(draft, path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, Exception):
            raise OSError(f"{path} cannot be written: {error}") from error
        raise
