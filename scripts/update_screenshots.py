"""Puts selected screenshots of the last browser tests into docs/screenshots, as small files."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
SELECTED = (
    *("quickstart", "quickstart_table"),
    *("screen_light", "screen_dark", "screen_fifty", "screen_empty_light", "screen_loading"),
    *("screen_busy", "screen_error_light", "screen_error_dark", "screen_refused_light"),
    *("screen_polygon", "screen_brush", "screen_editor"),
    *("screen_help", "screen_half", "screen_narrow_light", "screen_full"),
    "screen_images",
    *("host_notebook_7", "host_voila", "host_marimo"),
)
WIDTH = 1000


def main() -> None:
    """Shrink and convert; names stay, PNG becomes JPEG."""
    kept = REPOSITORY / "docs" / "screenshots"
    kept.mkdir(exist_ok=True)
    for name in SELECTED:
        taken = REPOSITORY / "test-results" / f"{name}.png"
        if not taken.exists():
            print(f"{name}: no picture, its test was skipped; the old one stays")  # noqa: T201
            continue
        with Image.open(taken) as screenshot:
            width = min(WIDTH, screenshot.width)
            size = (width, round(screenshot.height * width / screenshot.width))
            screenshot.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(
                kept / f"{name}.jpg", quality=85, optimize=True
            )


if __name__ == "__main__":
    main()
