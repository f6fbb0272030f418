"""Finds the Chromium that browser tests drive; run as a module, it prints the path."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Flags that keep Chromium from asking the network anything, and from needing a graphics card."""

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """Name the browser to test with: $CHROMIUM, the system's own, or Playwright's download."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for command in (*_COMMANDS, *_MAC_APPLICATIONS):
        if path := shutil.which(command):
            return path
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    return downloaded if Path(downloaded).exists() else None


if __name__ == "__main__":
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium found")
    print(chromium)  # noqa: T201 - what the set-up script asks for
