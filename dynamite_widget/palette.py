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
    "#332288",
    "#BBBBBB",
    "#882255",
    "#99DDFF",
    "#AA4499",
    "#EEEEBB",
    "#117733",
)

PALETTE = OKABE_ITO + EXTENSION
"""All colours, in the order in which objects get them."""


def color_of(object_id: int) -> str:
    """Return the colour "#RRGGBB" an object has unless somebody chose another; the same every time.

    After the last colour the palette starts again: objects then differ by their numbers as well.

    Args:
        object_id: positive id of the object.
    """
    return PALETTE[(object_id - 1) % len(PALETTE)]
