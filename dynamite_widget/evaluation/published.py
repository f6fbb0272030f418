"""Published results of DynaMITe, for comparison."""

from __future__ import annotations

from dataclasses import dataclass

README = "README of github.com/amitrana001/DynaMITe, table of checkpoints"
MEANS = "README of github.com/amitrana001/DynaMITe, mean of three trainings"


@dataclass(frozen=True)
class PublishedMist:
    """A row of the multi-object table: IoU threshold 0.85, 10 clicks an object.

    Attributes:
        model: name of ours for the same network.
        data: title of the data set.
        strategy: how the next object was chosen.
        nci: clicks an instance.
        nfo: failed objects.
        nfi: images with failed objects.
        miou: in per cent.
        source: where it stands.
    """

    model: str
    data: str
    strategy: str
    nci: float
    nfo: int
    nfi: int
    miou: float
    source: str = README


@dataclass(frozen=True)
class PublishedNoc:
    """A row of the single-object table: at most 20 clicks.

    Attributes:
        model: name of ours for the same network.
        data: title of the data set.
        noc_85: clicks to IoU 0.85.
        noc_90: clicks to IoU 0.90.
        source: where it stands.
    """

    model: str
    data: str
    noc_85: float
    noc_90: float
    source: str = README


_B0, _L, _T = "dynamite-segformer-b0", "dynamite-swin-large", "dynamite-swin-tiny"

MIST = (
    PublishedMist(_B0, "COCO", "best", 6.13, 15219, 2485, 81.3),
    PublishedMist(_B0, "COCO", "random", 6.04, 12986, 2431, 84.9),
    PublishedMist(_B0, "COCO", "worst", 6.02, 19758, 2414, 83.0),
    PublishedMist(_B0, "SBD", "best", 2.83, 655, 342, 90.2),
    PublishedMist(_B0, "SBD", "random", 2.76, 528, 313, 90.6),
    PublishedMist(_B0, "SBD", "worst", 2.75, 842, 315, 90.3),
    PublishedMist(_B0, "DAVIS 2017", "best", 3.29, 546, 364, 87.5),
    PublishedMist(_B0, "DAVIS 2017", "random", 3.27, 549, 356, 87.9),
    PublishedMist(_B0, "DAVIS 2017", "worst", 3.25, 707, 354, 87.1),
    PublishedMist(_L, "COCO", "best", 5.80, 13876, 2305, 82.4),
    PublishedMist(_L, "COCO", "random", 5.70, 11958, 2242, 85.3),
    PublishedMist(_L, "COCO", "worst", 5.66, 18133, 2242, 83.7),
    PublishedMist(_L, "SBD", "best", 2.47, 497, 266, 90.7),
    PublishedMist(_L, "SBD", "random", 2.42, 428, 249, 91.0),
    PublishedMist(_L, "SBD", "worst", 2.41, 671, 251, 90.8),
    PublishedMist(_L, "DAVIS 2017", "best", 3.06, 483, 330, 88.4),
    PublishedMist(_L, "DAVIS 2017", "random", 3.03, 479, 320, 88.8),
    PublishedMist(_L, "DAVIS 2017", "worst", 2.99, 620, 314, 88.1),
    PublishedMist(_T, "COCO", "best", 6.05, 14845, 2453, 82.0, MEANS),
    PublishedMist(_T, "SBD", "best", 2.71, 616, 328, 90.0, MEANS),
    PublishedMist(_T, "DAVIS 2017", "best", 3.16, 499, 344, 88.0, MEANS),
)
"""The multi-object task."""

_NOC_SETS = ("GrabCut", "Berkeley", "SBD", "DAVIS", "Pascal VOC", "COCO MVal")
_NOC_ROWS = {
    "dynamite-resnet50": "1.62 1.82 1.47 2.19 3.93 6.56 4.10 5.45 2.13 2.51 2.36 3.20",
    "dynamite-hrnet32": "1.62 1.68 1.46 2.04 3.83 6.35 3.83 5.20 2.07 2.43 2.35 3.14",
    _B0: "1.58 1.68 1.61 2.06 3.89 6.48 3.85 5.08 2.04 2.40 2.47 3.28",
    _T: "1.64 1.78 1.39 1.96 3.75 6.32 3.87 5.23 1.94 2.27 2.24 3.14",
    _L: "1.62 1.72 1.39 1.90 3.32 5.64 3.80 5.09 1.83 2.12 2.19 2.88",
}

NOC = tuple(
    PublishedNoc(model, data, float(row.split()[2 * k]), float(row.split()[2 * k + 1]))
    for model, row in _NOC_ROWS.items()
    for k, data in enumerate(_NOC_SETS)
)
"""The single-object task."""
