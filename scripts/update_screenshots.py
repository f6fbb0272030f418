"""Puts selected screenshots of the last browser tests into docs/screenshots, as small files."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
SELECTED = ("quickstart", "quickstart_table", "help", "error")
WIDTH = 1000


def main() -> None:
    """Shrink and convert; names stay, PNG becomes JPEG."""
    kept = REPOSITORY / "docs" / "screenshots"
    kept.mkdir(exist_ok=True)
    for name in SELECTED:
        with Image.open(REPOSITORY / "test-results" / f"{name}.png") as screenshot:
            size = (WIDTH, round(screenshot.height * WIDTH / screenshot.width))
            screenshot.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(
                kept / f"{name}.jpg", quality=85, optimize=True
            )


if __name__ == "__main__":
    main()
