"""Lists of images: what each is called, and the name of the file its session is saved to."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any, Literal, get_args

ImageStatus = Literal["open", "done", "skipped", "flagged"]
"""What somebody decided about an image; open: nothing yet."""

STATUSES: tuple[ImageStatus, ...] = get_args(ImageStatus)

_STEM_CHARACTERS = 40
_SUFFIX = ".session.json"


@dataclass(frozen=True, slots=True, eq=False)
class ListedImage:
    """One image of a list; nothing of it has been read.

    Attributes:
        name: unique in the list: as given, else the file's name or, where two of the list are
            alike, the way to it from the folder that all of them have in common.
        image: anything `dynamite_widget.images.to_rgb` takes; a path is absolute.
        session_file: name of the file its session is saved to, without a folder.
        respelled: names that file would have if the image were spelled in composed or decomposed
            Unicode, themselves composed; none for ASCII.
    """

    name: str
    image: Any
    session_file: str
    respelled: tuple[str, ...] = ()

    @property
    def path(self) -> str | None:
        """Of the image's file; None if it is not one."""
        return self.image if isinstance(self.image, str) else None


def listed(images: Iterable[Any] | Mapping[str, Any], folder: Path | None) -> list[ListedImage]:
    """Name images without looking at them.

    A session's file is called after its image, followed by a digest of what the image is called
    or, for a path, of the way to it from the folder: so it is the same whatever else is in the
    list, differs where two folders hold the same name, and stays the same when images and
    sessions move together. Whatever an image is called, its session's file lies in the folder.

    Archives of Macs and some file systems spell "é" in another way than the image had it (Unicode
    NFC and NFD): where there is a session of the other spelling, it is the image's.

    Args:
        images: paths, or a mapping from names to anything that `dynamite_widget.images.to_rgb`
            takes.
        folder: that sessions are saved to; None if they are not.

    Raises:
        TypeError: if it is no list or mapping of these.
        ValueError: if it is empty, or an image stands there twice.
    """
    if isinstance(images, Mapping):
        found = [_named(name, image) for name, image in images.items()]
    elif isinstance(images, Iterable) and not isinstance(images, str | bytes | os.PathLike):
        found = _of_paths([_absolute(path) for path in images], folder)
    else:
        raise TypeError(
            "images are a list of paths, or a mapping from names to images, "
            f"not {type(images).__name__}; one image goes without images="
        )
    if not found:
        raise ValueError("images is empty; give at least one")
    if folder is None or not any(each.respelled for each in found):
        return found
    try:
        there = found_respelled(found, os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return found
    names = {own: name for name, own in there.items()}
    return [replace(e, session_file=names.get(e.session_file, e.session_file)) for e in found]


def session_file_name(name: str, identity: str) -> str:
    """Return a file name made of what an image is called and of what it is known by."""
    readable = re.sub(r"[^\w.-]+", "_", re.split(r"[/\\]", name)[-1])
    stem = readable[:_STEM_CHARACTERS].strip("._") or "image"
    digest = blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return f"{stem}-{digest}{_SUFFIX}"


def found_respelled(images: Iterable[ListedImage], files: Iterable[str]) -> dict[str, str]:
    """Find images whose session file is there under a name of another spelling only.

    Args:
        images: of a list.
        files: names of session files.

    Returns:
        The images' own session files by the names found; no name belongs to two images.
    """
    images, files = list(images), set(files)
    others = sorted(files - {each.session_file for each in images})
    by_spelling = {_composed(file): file for file in others}
    found: dict[str, str] = {}
    for each in images:
        if each.session_file not in files:
            for spelling in each.respelled:
                if spelling in by_spelling:
                    found[by_spelling.pop(spelling)] = each.session_file
                    break
    return found


def sessions_elsewhere(images: Iterable[ListedImage], there: Set[str]) -> dict[str, str]:
    """Find images without a session of which one of the same file name, elsewhere, has one.

    Args:
        images: of a list.
        there: names of the files in its folder of sessions.

    Returns:
        Session files of other lists by the names of these images.
    """
    images = list(images)
    listed_here = {each.session_file for each in images}
    others = {_stem(file): file for file in sorted(there - listed_here) if file.endswith(_SUFFIX)}
    without = (each for each in images if each.session_file not in there)
    return {e.name: others[stem] for e in without if (stem := _stem(e.session_file)) in others}


def _stem(session_file: str) -> str:
    """What a session file's name has before the digest."""
    return session_file.rpartition("-")[0]


def _named(name: object, image: object) -> ListedImage:
    if not isinstance(name, str) or not name:
        raise TypeError(f"names of images are texts that are not empty, not {name!r}")
    if isinstance(image, str | os.PathLike):
        image = _absolute(image)
    return _listed(name, image, name, name)


def _listed(name: str, image: Any, base: str, identity: str) -> ListedImage:  # noqa: ANN401
    file = session_file_name(base, identity)
    if identity.isascii():
        return ListedImage(name, image, file)
    files = [file]  # its own name may have been spelled anew, too
    for form in ("NFC", "NFD"):
        spelled = unicodedata.normalize(form, identity)
        if spelled != identity:
            files.append(session_file_name(unicodedata.normalize(form, base), spelled))
    return ListedImage(name, image, file, tuple(map(_composed, files)))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _absolute(path: object) -> str:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"a list of images holds paths, not {type(path).__name__}; "
            'other images need names: images={"first": array, ...}'
        )
    return os.path.abspath(os.path.expanduser(os.fsdecode(path)))


def _of_paths(paths: list[str], folder: Path | None) -> list[ListedImage]:
    way_to = cache(lambda parent: _way(os.path.realpath(parent), folder))
    found: list[ListedImage] = []
    seen: set[str] = set()
    for name, path in zip(_short_names(paths), paths, strict=True):
        parent, base = os.path.split(path)
        identity = (PurePath(way_to(parent)) / base).as_posix()
        if identity in seen:
            raise ValueError(f"{path!r} stands twice in the list of images; give it once")
        seen.add(identity)
        found.append(_listed(name, path, base, identity))
    return found


def _way(parent: str, folder: Path | None) -> str:
    """From the folder of sessions to the folder of images, where there is one."""
    if folder is None:
        return parent
    try:
        return os.path.relpath(parent, folder)
    except ValueError:  # on another drive
        return parent


def _short_names(paths: list[str]) -> list[str]:
    """Names of files or, where two are alike, the ways to all of them from their common folder.

    So there is always one folder from which all names lead to the photographs.
    """
    names = [PurePath(path).name for path in paths]
    if len({*names}) == len(names):
        return names
    parents = [PurePath(path).parent.parts for path in paths]
    alike = takewhile(lambda parts: len({*parts}) == 1, zip(*parents, strict=False))
    common = len([*alike])
    ways = [(*each[common:], name) for each, name in zip(parents, names, strict=True)]
    if not common:  # several drives of Windows: each is like a folder then
        ways = [(way[0].strip(":/\\"), *way[1:]) for way in ways]
    return ["/".join(way) for way in ways]
