"""File names inside a folder: nothing is read or written outside of it, whatever a file says."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath

_LONGEST = 80


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder.

    Args:
        folder: which nothing may leave.
        name: relative, with or without folders of its own.

    Raises:
        ValueError: if the name is empty, absolute, or leads outside.
    """
    parts = PureWindowsPath(name)  # it knows both kinds of slash, and drives
    if not parts.name or parts.anchor or ".." in parts.parts or "\0" in name:
        raise ValueError(
            f"{name!r} leads outside of {str(folder)!r}, or is no file name; "
            "names are relative and have no '..'"
        )
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} leads outside of {str(folder)!r} by a link")
    return path


def safe_name(text: str) -> str:
    """Turn any text into a part of a file name that every system takes: a label, for instance.

    Letters, digits, "-" and "_" stay, everything else becomes "_".
    """
    return re.sub(r"[^\w-]+", "_", text)[:_LONGEST].strip("_")
