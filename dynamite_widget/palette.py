"""Colours of objects: safe for colour-blind eyes first, then as many more as needed."""

from __future__ import annotations

OKABE_ITO = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""Okabe and Ito, "Color Universal Design" (2008), without black, which vanishes on photographs."""

EXTENSION = (
    "#771122",
    "#AAEECC",
    "#553355",
    "#00FFFF",
    "#1100CC",
    "#007766",
    "#AA2200",
    "#3388FF",
    "#00CC88",
    "#AA3355",
    "#AAFFAA",
    "#BB5544",
    "#AA3388",
)
"""Each is, of the colours that are neither grey nor near black or white, the one farthest from all
before it: the least CIEDE2000 distance as seen normally, with protanopia and with deuteranopia
(simulated as in Machado, Oliveira and Fernandes, IEEE TVCG 2009). The least is 10.5 of all, 11.6
among Okabe's and Ito's own."""

PALETTE = OKABE_ITO + EXTENSION
"""All colours, in the order in which objects get them."""


def color_of(object_id: int) -> str:
    """Return the colour "#RRGGBB" an object has unless somebody chose another; the same every time.

    After the last colour the palette starts again: objects then differ by their numbers as well.

    Args:
        object_id: positive id of the object.
    """
    return PALETTE[(object_id - 1) % len(PALETTE)]


def ink_on(color: str) -> str:
    """Return black or white, whichever reads better on a colour "#RRGGBB" (WCAG 2.2, 1.4.3)."""
    shares = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if luminance > 0.179 else "white"
