"""A small network, run per object, that answers a click strongly where it was made.

The transformer's logits know objects; they follow a corrective click near a border too weakly. For
each object this network sees its logits, its strongest rival's, how near and how alike each pixel
is to the object's own clicks and to all others, and the image, and adds a correction. Where earlier
clicks were answered already it also sees that answer, and which clicks are new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.click_tensors import Groups
from dynamite_widget.models.config import RefinerConfig
from dynamite_widget.models.light_pixel_decoder import conv_norm
from dynamite_widget.models.previous_answer import PreviousCues
from dynamite_widget.models.windows import Size, Window

_NEAR = (1.5, 6.0, 24.0)
"""Widths, in stride-4 cells, at which nearness to a click is shown."""
_CUES = 2 + 2 * (len(_NEAR) + 1)
_NEW_NEAR = (8.0, 32.0)
"""The same for clicks made since the previous answer."""
_PREVIOUS_CUES = 1 + 2 * len(_NEW_NEAR)
_SCALE = 4.0
"""Logits are shown divided by this and squashed."""


@dataclass(frozen=True)
class RefinerMemory:
    """The image as the refiner sees it: (B, C, H/s, W/s) at strides 4, 8, 16, and appearance.

    Attributes:
        image: additive part of the first convolution at each stride.
        appearance: (B, C, H/4, W/4) unit vectors; their products tell how alike pixels are.
    """

    image: tuple[Tensor, ...]
    appearance: Tensor


class Refiner(nn.Module):
    """Three-level convolutional network over one object's cues.

    Args:
        config: widths.
        width: channels of the attended maps.
        mask_width: channels of the mask features.
    """

    def __init__(self, config: RefinerConfig, width: int, mask_width: int) -> None:
        super().__init__()
        c4, c8, c16 = config.channels
        self.image4 = conv_norm(mask_width, c4, 3, act=False)
        self.image8 = conv_norm(width, c8, 1, act=False)
        self.image16 = conv_norm(width, c16, 1, act=False)
        self.appearance = nn.Conv2d(mask_width, c4, 1)
        self.cues4 = conv_norm(_CUES, c4, 3, act=False)
        self.down8 = conv_norm(c4, c8, 3, act=False)
        self.mix8 = conv_norm(c8, c8, 3)
        self.down16 = conv_norm(c8, c16, 3, act=False)
        self.mix16 = nn.Sequential(conv_norm(c16, c16, 3), conv_norm(c16, c16, 3))
        self.up8 = conv_norm(c16, c8, 1, act=False)
        self.merge8 = conv_norm(c8, c8, 3)
        self.up4 = conv_norm(c8, c4, 1, act=False)
        self.merge4 = conv_norm(c4, c4, 3)
        self.correction = nn.Conv2d(c4, 1, 3, padding=1)
        self.previous4 = nn.Conv2d(_PREVIOUS_CUES, c4, 3, padding=1, bias=False)
        for parameter in (*self.correction.parameters(), self.previous4.weight):
            nn.init.zeros_(parameter)

    def remember(self, mask_features: Tensor, map8: Tensor, map16: Tensor) -> RefinerMemory:
        """Compute what depends only on the image."""
        image = (self.image4(mask_features), self.image8(map8), self.image16(map16))
        return RefinerMemory(image, F.normalize(self.appearance(mask_features), dim=1))

    def forward(self, cues: Tensor, image: tuple[Tensor, ...]) -> Tensor:
        """Corrections (M, 1, h, w) for M objects.

        Args:
            cues: (M, cues, h, w) from `Cues`, h and w multiples of 4; those of a previous answer
                may be missing.
            image: `RefinerMemory.image` of the same places, M or 1 of each.
        """
        i4, i8, i16 = image
        x4 = self.cues4(cues[:, :_CUES]).add_(i4)
        if cues.shape[1] > _CUES:
            x4 = x4.add_(self.previous4(cues[:, _CUES:]))
        x4 = x4.relu_()
        x8 = self.mix8(self.down8(F.avg_pool2d(x4, 2)).add_(i8).relu_())
        x16 = self.mix16(self.down16(F.avg_pool2d(x8, 2)).add_(i16).relu_())
        x8 = self.merge8(F.interpolate(self.up8(x16), scale_factor=2, mode="nearest").add_(x8))
        x4 = self.merge4(F.interpolate(self.up4(x8), scale_factor=2, mode="nearest").add_(x4))
        return self.correction(x4)


@dataclass(frozen=True)
class Cues:
    """What the refiner is told of every object, at stride 4.

    Attributes:
        own, rival: (B, N, h, w) logits of the object and of the strongest other or background.
        near: (B, N, 2, h, w) minus the squared distance, in cells, to the nearest own and the
            nearest other click; minus infinity where there is none.
        alike: (B, N, 2, h, w) likeness, -1..1, to the most similar own and other click.
        previous: what was answered to earlier clicks, if it is known.
    """

    own: Tensor
    rival: Tensor
    near: Tensor
    alike: Tensor
    previous: PreviousCues | None = None

    def of_objects(self, batch: Tensor, index: Tensor) -> Tensor:
        """The network's input (M, cues, h, w) for objects `index` of images `batch`."""
        return _network_input(*(x[batch, index] for x in self._maps))

    def in_windows(self, windows: Sequence[Window]) -> Tensor:
        """The network's input (M, cues, h', w') for objects of one image, each in its window.

        Args:
            windows: all of one size.
        """
        return _network_input(
            *(torch.stack([w.of(maps[0, w.index]) for w in windows]) for maps in self._maps)
        )

    def settled(self) -> list[bool]:
        """Whether each object of one image was answered before and not clicked since."""
        if self.previous is None:
            return [False] * self.own.shape[1]
        mask, near = self.previous.mask[0], self.previous.near[0, :, 0]
        known = (mask != 0).flatten(1).any(1) & (near == float("-inf")).flatten(1).all(1)
        return known.tolist()

    @property
    def _maps(self) -> tuple[Tensor, ...]:
        maps = self.own, self.rival, self.near, self.alike
        return maps if self.previous is None else (*maps, self.previous.mask, self.previous.near)

    def resized(self, size: Size) -> Cues:
        """The same in fewer cells, with distances in these."""

        def pooled(maps: Tensor) -> Tensor:
            return F.adaptive_avg_pool2d(maps.flatten(0, -3), size).unflatten(0, maps.shape[:-2])

        height, width = self.own.shape[-2:]
        shrunk = size[0] * size[1] / (height * width)
        previous = self.previous
        if previous is not None:
            previous = PreviousCues(pooled(previous.mask), pooled(previous.near) * shrunk)
        own, rival, alike = pooled(self.own), pooled(self.rival), pooled(self.alike)
        return Cues(own, rival, pooled(self.near) * shrunk, alike, previous)


def _network_input(
    own: Tensor, rival: Tensor, near: Tensor, alike: Tensor, *previous: Tensor
) -> Tensor:
    """From (M, h, w), (M, h, w), (M, 2, h, w), (M, 2, h, w) to (M, cues, h, w).

    `previous` is nothing, or the mask (M, h, w) and nearness (M, 2, h, w) of a previous answer.
    """
    logits = torch.tanh(torch.stack((own, rival), 1) / _SCALE)
    shown = [logits, _closeness(near, _NEAR), alike]
    if previous:
        mask, near = previous
        shown += [mask[:, None], _closeness(near, _NEW_NEAR)]
    return torch.cat(shown, 1)


def _closeness(near: Tensor, widths: Sequence[float]) -> Tensor:
    """Gaussians of some widths: (M, 2, h, w) to (M, 2 * widths, h, w)."""
    sigma = near.new_tensor(widths)[:, None, None]
    return (near[:, :, None] * (0.5 / sigma**2)).exp().flatten(1, 2)


def make_cues(
    maxima: Tensor,
    points: Tensor,
    appearance: Tensor,
    groups: Groups,
    previous: PreviousCues | None = None,
) -> Cues:
    """Gather the cues of all objects.

    Args:
        maxima: (B, 1 + N, h, w) logits of the background and the objects.
        points: (B, Q, 2) y, x of the clicks in stride-4 cells.
        appearance: (B, C, h, w) unit vectors.
        groups: which click was made on whom.
        previous: of the same objects.
    """
    height, width = appearance.shape[-2:]
    rows = torch.arange(height, dtype=points.dtype, device=points.device)
    columns = torch.arange(width, dtype=points.dtype, device=points.device)
    dy = (rows - points[..., 0, None]) ** 2
    dx = (columns - points[..., 1, None]) ** 2
    near = -(dy[..., :, None] + dx[..., None, :])
    likeness = torch.einsum("bqc,bchw->bqhw", _at(appearance, points), appearance)
    own, rival = own_and_best_other(maxima)
    near = torch.stack(own_and_best_other(groups.maxima(near)), 2)
    alike = torch.stack(own_and_best_other(groups.maxima(likeness)), 2)
    return Cues(own, rival, near, alike.clamp(min=-1.0), previous)


def _at(features: Tensor, points: Tensor) -> Tensor:
    """Nearest value of a map at (B, Q, 2) points in cells: (B, Q, C)."""
    height, width = features.shape[-2:]
    y = points[..., 0].round().long().clamp(0, height - 1)
    x = points[..., 1].round().long().clamp(0, width - 1)
    index = (y * width + x)[:, None].expand(-1, features.shape[1], -1)
    return features.flatten(2).gather(2, index).transpose(1, 2)


def own_and_best_other(maxima: Tensor) -> tuple[Tensor, Tensor]:
    """Split (B, 1 + N, h, w), background first, in each object's value and the best other's."""
    best, index = maxima.max(1, keepdim=True)
    second = maxima.scatter(1, index, float("-inf")).amax(1, keepdim=True)
    rival = best.expand_as(maxima).scatter(1, index, second)
    return maxima[:, 1:], rival[:, 1:]
