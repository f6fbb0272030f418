"""Objects can be told apart by colour, also by people who see fewer colours."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dynamite_widget.palette import OKABE_ITO, PALETTE, color_of

# Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1.0, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def seen(colors: tuple[str, ...], sight: str) -> NDArray[np.float64]:
    """(N, 3) sRGB from 0 to 1, as an eye of this sight sees the colours."""
    rgb = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = (linear @ SIGHTS[sight].T).clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize(("colors", "least"), [(OKABE_ITO, 11.5), (PALETTE, 10)])
def test_no_two_colours_look_alike(colors: tuple[str, ...], least: float, sight: str) -> None:
    color = pytest.importorskip("skimage.color", reason="CIEDE2000 comes from scikit-image")
    lab = color.rgb2lab(seen(colors, sight))
    distances = color.deltaE_ciede2000(lab[:, None], lab[None])
    pairs = distances[np.triu_indices(len(colors), 1)]
    assert pairs.min() >= least


def test_an_object_always_has_the_same_colour() -> None:
    assert [color_of(k) for k in range(1, 8)] == list(OKABE_ITO)
    assert color_of(len(PALETTE)) == PALETTE[-1]
    assert color_of(len(PALETTE) + 1) == PALETTE[0]
    assert len(set(PALETTE)) == len(PALETTE)
