"""Files of a data set, in a folder or in an uncompressed tar of it, and pictures among them."""

from __future__ import annotations

import io
import tarfile
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from dynamite_widget.images import swaps_sides, to_rgb


class DataSetError(ValueError):
    """A data set on disk is not what its reader expects; says what was expected where."""


class Folder:
    """The files below a directory, by their path relative to it."""

    published = False
    """Whether this is a set of the paper, whose photographs are not turned by EXIF: its labels
    are not either."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def where(self, name: str) -> str:
        """Full name of a file, for messages."""
        return str(self.path / name)

    def exists(self, name: str) -> bool:
        """Whether there is such a file or directory."""
        return (self.path / name).exists()

    def listing(self, directory: str) -> list[str]:
        """Names of the files and directories in a directory, sorted; empty if it is missing."""
        place = self.path / directory
        return sorted(entry.name for entry in place.iterdir()) if place.is_dir() else []

    def read(self, name: str) -> bytes:
        """Content of a file.

        Raises:
            DataSetError: if there is no such file.
        """
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise DataSetError(f"{self.where(name)} cannot be read: {error.strerror}") from error


class TarFolder(Folder):
    """The files in a tar; a single directory at its top is taken as the root."""

    @cached_property
    def _members(self) -> dict[str, tuple[int, int]]:
        try:
            with tarfile.open(self.path, "r:") as archive:
                files = {m.name.removeprefix("./"): m for m in archive if m.isfile()}
        except tarfile.TarError as error:
            raise DataSetError(f"{self.path} is no uncompressed tar file: {error}") from error
        tops = {name.split("/")[0] for name in files}
        root = f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in files) else ""
        return {
            name.removeprefix(root): (member.offset_data, member.size)
            for name, member in files.items()
        }

    def exists(self, name: str) -> bool:
        """Whether there is such a file or directory."""
        return name in self._members or any(m.startswith(f"{name}/") for m in self._members)

    def listing(self, directory: str) -> list[str]:
        """Names of the files and directories in a directory, sorted; empty if it is missing."""
        prefix = f"{directory}/" if directory else ""
        inside = (m.removeprefix(prefix) for m in self._members if m.startswith(prefix))
        return sorted({name.split("/")[0] for name in inside})

    def read(self, name: str) -> bytes:
        """Content of a file.

        Raises:
            DataSetError: if there is no such file.
        """
        if name not in self._members:
            raise DataSetError(f"{self.where(name)} is missing")
        offset, size = self._members[name]
        with self.path.open("rb") as archive:
            archive.seek(offset)
            return archive.read(size)


def open_folder(path: str | Path) -> Folder:
    """Open a directory or a tar.

    Raises:
        DataSetError: if there is nothing at `path`.
    """
    path = Path(path)
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        return TarFolder(path)
    raise DataSetError(f"{path} does not exist; expected a data set's folder, or a tar of it")


IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm"}


def images_in(folder: Folder, directory: str) -> dict[str, str]:
    """Image files of a directory: name without ending -> path, in order of the names.

    Raises:
        DataSetError: if the directory is missing or holds no image, or two have one name.
    """
    names = [PurePosixPath(name) for name in folder.listing(directory)]
    found: dict[str, str] = {}
    for name in names:
        if name.suffix.lower() not in IMAGE_ENDINGS:
            continue
        path = f"{directory}/{name}"
        if found.setdefault(name.stem, path) != path:
            raise DataSetError(
                f"{folder.where(found[name.stem])} and {name} have the same name; expected names "
                "that differ in more than the ending"
            )
    if not found:
        raise DataSetError(f"{folder.where(directory)} holds no images; expected the data set's")
    return found


def read_lines(folder: Folder, name: str) -> list[str]:
    """Read the lines of a text file, without blank ones.

    Raises:
        DataSetError: if the file is missing or is no text.
    """
    try:
        text = folder.read(name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataSetError(
            f"{folder.where(name)} is broken: expected one name a line, but {error}"
        ) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_photograph(
    folder: Folder, name: str, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Read an image file as (H, W, 3) uint8 RGB, as the widget shows it.

    It is turned as its EXIF says, unless the folder holds a published set.

    Args:
        folder: where the file is.
        name: of the file.
        size: (H, W) of its labels. If only the photograph as it lies in the file fits them, that
            is given, since COCO's own labels are drawn on it.

    Raises:
        DataSetError: if the file is missing or is no image.
    """
    with _open_image(folder, name) as image:
        if folder.published:
            return np.asarray(image.convert("RGB"))
        try:
            pixels = to_rgb(image)
            if size is not None and pixels.shape[:2] != size == (image.height, image.width):
                image.getexif().pop(ExifTags.Base.Orientation, None)
                pixels = to_rgb(image)
        except ValueError as error:
            raise DataSetError(
                f"{folder.where(name)} is broken: expected an image, but {error}"
            ) from error
    return pixels


def read_labels(
    folder: Folder, name: str, like: tuple[str, NDArray[np.uint8]]
) -> NDArray[np.int64]:
    """Read a PNG of labels, (H, W): palette indices and grey values as they stand.

    Args:
        folder: where the file is.
        name: of the file.
        like: name and pixels of the image whose labels these are.

    Raises:
        DataSetError: if the file is missing, is no image, is in colour, or is not of the
            image's size.
    """
    with _open_image(folder, name) as image:
        labels = np.asarray(image)
    if labels.ndim != 2:
        raise DataSetError(
            f"{folder.where(name)} is in colour ({image.mode}); expected one label a pixel "
            "(grey or palette PNG)"
        )
    check_size(folder, name, labels, like)
    return labels.astype(np.int64)


def values_in(folder: Folder, name: str) -> set[int]:
    """Values that a PNG of labels or a mask has; of a coloured one those of the brightest channel.

    Raises:
        DataSetError: if the file is missing or is no image.
    """
    with _open_image(folder, name) as image:
        values = np.asarray(image)
        if values.ndim != 2:
            values = np.asarray(image.convert("RGB")).max(axis=2)
    return set(np.unique(values).tolist())


def read_grey(folder: Folder, name: str, like: tuple[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Read the mask of one object as its brightest channel, (H, W).

    Args:
        folder: where the file is.
        name: of the file.
        like: name and pixels of the image whose mask this is.

    Raises:
        DataSetError: if the file is missing, is no image, or is not of the image's size.
    """
    with _open_image(folder, name) as image:
        grey = np.asarray(image.convert("RGB")).max(axis=2)
    check_size(folder, name, grey, like)
    return grey


def check_size(
    folder: Folder, name: str, labels: NDArray[Any], like: tuple[str, NDArray[np.uint8]]
) -> None:
    """Refuse labels that are not of their image's size.

    Raises:
        DataSetError: naming both files and both sizes.
    """
    image_name, image = like
    if image.shape[:2] != labels.shape:
        raise DataSetError(
            f"{folder.where(name)} is {labels.shape[1]}x{labels.shape[0]} pixels, but its "
            f"image {folder.where(image_name)} is {image.shape[1]}x{image.shape[0]}"
            f"{turned(folder, image_name)}"
        )


def turned(folder: Folder, name: str) -> str:
    """What to add to the size of a photograph in a message if its EXIF swaps the sides."""
    if folder.published:
        return ""
    with _open_image(folder, name) as image:
        swapped = swaps_sides(image)
    return " (turned as its EXIF says; labels must be, too)" if swapped else ""


def _open_image(folder: Folder, name: str) -> Image.Image:
    data = folder.read(name)
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise DataSetError(
            f"{folder.where(name)} is broken: expected an image, but {error}"
        ) from error
    return image
