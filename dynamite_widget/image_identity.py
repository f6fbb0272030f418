"""Which image a session is about, and where its file is found again."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from dynamite_widget.images import RGBImage


class SourceFile(NamedTuple):
    """The file an image came from, as it was when the image was read.

    Attributes:
        path: absolute.
        sha256: of its bytes, in hexadecimal.
    """

    path: str
    sha256: str

    @classmethod
    def of(cls, image: object) -> SourceFile | None:
        """Return the file if the image was named by its path, or None."""
        if not isinstance(image, str | os.PathLike):
            return None
        path = os.path.abspath(os.path.expanduser(image))
        return cls(path, hashlib.sha256(Path(path).read_bytes()).hexdigest())


@dataclass(frozen=True, slots=True)
class ImageIdentity:
    """Tells one image from another.

    Attributes:
        height: rows.
        width: columns.
        sha256: of the RGB pixels, row by row, in hexadecimal.
        file_sha256: of the file it came from, or None.
        source: path of that file, or None.
    """

    height: int
    width: int
    sha256: str
    file_sha256: str | None = None
    source: str | None = None

    @classmethod
    def of(cls, rgb: RGBImage, file: SourceFile | None) -> ImageIdentity:
        """Identify an image, (H, W, 3) uint8 and contiguous, and the file it came from."""
        height, width, _ = rgb.shape
        of_pixels = hashlib.sha256(rgb.data).hexdigest()
        if file is None:
            return cls(height, width, of_pixels)
        return cls(height, width, of_pixels, file.sha256, file.path)

    def same_image(self, other: ImageIdentity) -> bool:
        """Tell whether pixels or files agree; another decoder may round pixels differently."""
        if (self.height, self.width) != (other.height, other.width):
            return False
        same_file = self.file_sha256 is not None and self.file_sha256 == other.file_sha256
        return same_file or self.sha256 == other.sha256

    def lies_at(self, path: Path) -> bool:
        """Tell whether a path is that of the very file that the image came from."""
        there = self.source is not None and path.exists() and os.path.exists(self.source)
        return there and os.path.samefile(path, self.source or "")

    def seen_from(self, folder: Path) -> ImageIdentity:
        """Name a source in or below a folder by the way there, so that both can move together."""
        if self.source is None or not Path(self.source).is_relative_to(folder):
            return self
        return replace(self, source=Path(self.source).relative_to(folder).as_posix())

    def found_from(self, folder: Path) -> Path:
        """Return the file that the source names, or one of the same name in the folder itself.

        Raises:
            ValueError: if there is neither, or no source.
        """
        if self.source is None:
            raise ValueError("it is not known which file the image is from; pass image=")
        for place in (folder / self.source, folder / Path(self.source).name):
            if place.is_file():
                return place
        raise ValueError(f"the image is neither at {self.source!r} nor in {folder}; pass image=")
