"""File names inside a folder: nothing is read or written outside of it, whatever a file says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path, PurePath, PureWindowsPath

_LONGEST = 80
"""Characters that stay of a name."""
_MOST_BYTES = 110
"""Bytes that stay of it: two such names and a few words are a file name, which has 255 at most."""

# fmt: off
_ENDINGS = (
    ".avif", ".bmp", ".dib", ".dng", ".gif", ".heic", ".heif", ".ico", ".j2k", ".jfif", ".jp2",
    ".jpe", ".jpeg", ".jpg", ".mpo", ".pbm", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".tga",
    ".tif", ".tiff", ".webp",
)
# fmt: on
"""What names of images end in; anything else after a dot is part of the name."""


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


def stem_of(name: str) -> str:
    """Return the name of an image without its ending, if that is one of images: "scan 0.5" stays.

    Args:
        name: with or without folders.
    """
    path = PurePath(name)
    return (path.with_suffix("") if path.suffix.lower() in _ENDINGS else path).as_posix()


def distinct_stems(names: Iterable[str]) -> list[str]:
    """Return names of images as `stem_of` has them, for formats that name files so.

    Raises:
        ValueError: if two of them are alike then, or only differ in capitals.
    """
    first: dict[str, str] = {}
    stems = []
    for name in names:
        stem = stem_of(name)
        other = first.setdefault(stem.casefold(), name)
        if other is not name:
            raise ValueError(
                f"{other!r} and {name!r} would share a file: this format names files after images, "
                "but for the ending, and many systems do not tell capitals apart. Rename one of "
                "the images, or take COCO, which keeps both"
            )
        stems.append(stem)
    return stems


def one_a_line(texts: Iterable[str], file: str) -> str:
    """Return the content of a file that lists texts.

    Raises:
        ValueError: if a text is empty, has a line break or, as names of files may, bytes that are
            no text.
    """
    listed = list(texts)
    if broken := [text for text in listed if text.splitlines() != [text] or not _is_text(text)]:
        raise ValueError(
            f"{file} has one name a line, in UTF-8, and cannot hold {broken}; rename it, or take "
            "COCO, which can"
        )
    return "".join(f"{text}\n" for text in listed)


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Turn names of images into names for files beside each other, each its own.

    Letters, digits, ".", "-" and "_" stay, everything else becomes "_"; a digest of the name
    follows where two come out alike, or only differ in capitals.
    """
    plain = [_cut(re.sub(r"[^\w.-]+", "_", name)).strip("._") or "image" for name in names]
    count = Counter(map(str.casefold, plain))
    return [
        each if count[each.casefold()] == 1 else f"{each}-{_digest(name)}"
        for name, each in zip(names, plain, strict=True)
    ]


def safe_name(text: str) -> str:
    """Turn any text into a part of a file name that every system takes: a label, for instance.

    Letters, digits, "-" and "_" stay, everything else becomes "_".
    """
    return _cut(re.sub(r"[^\w-]+", "_", text)).strip("_")


def _cut(text: str) -> str:
    return text[:_LONGEST].encode()[:_MOST_BYTES].decode(errors="ignore")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
