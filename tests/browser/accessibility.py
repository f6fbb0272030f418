"""What axe-core objects to in a widget: names, roles, contrast and order."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_CHECK = """async () => {
  const found = await axe.run(".dynamite-widget");
  return found.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes[0].html} ${v.help}`);
}"""


def violations(page: Page) -> list[str]:
    """Everything axe-core objects to, contrast by WCAG AA included; minor things, too."""
    page.evaluate(_AXE.read_text())
    return page.evaluate(_CHECK)
