"""The published pixel decoder: deformable attention over three scales, then a step to stride 4.

Mask2Former's MSDeformAttn pixel decoder with DynaMITe's refinement of the mask features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.attention import FeedForward
from dynamite_widget.models.deformable_attention import DeformableAttention, Pyramid
from dynamite_widget.models.positional_encoding import map_encoding

_DEPTH = 6
_HIDDEN = 1024
_NORM_GROUPS = 32
_TOKENS_AT_ONCE = 2048
"""Bounds the memory of a layer, and keeps what passes between its parts in the CPU's cache."""


class DeformableLayer(nn.Module):
    """Deformable self-attention and feed-forward, post-norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = DeformableAttention(width, heads)
        self.norm1 = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, _HIDDEN)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, position: Tensor, pyramid: Pyramid) -> Tensor:
        """(B, T, width) with the code of their places, (T, width), to (B, T, width)."""
        return torch.stack([self._forward_one(t, position, pyramid) for t in tokens])

    def _forward_one(self, tokens: Tensor, position: Tensor, pyramid: Pyramid) -> Tensor:
        table = self.self_attn.remember(tokens, pyramid)
        updated = []
        # A GPU has no such cache, and gradients need all parts anyway.
        in_parts = tokens.device.type == "cpu" and not torch.is_grad_enabled()
        at_once = _TOKENS_AT_ONCE if in_parts else len(tokens)
        for start in range(0, len(tokens), at_once):
            part = slice(start, start + at_once)
            x = tokens[part]
            x = self.norm1(x + self.self_attn(x + position[part], part, table, pyramid))
            updated.append(self.norm2(x + self.feed_forward(x)))
        return torch.cat(updated)


class NormedConv(nn.Module):
    """Convolution without bias, then GroupNorm."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.GroupNorm(_NORM_GROUPS, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w)."""
        return self.norm(self.conv(x))


class PyramidStep(nn.Module):
    """One step to a finer map: the backbone's own map plus the coarser one, smoothed."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.adapter = NormedConv(inputs, width, 1)
        self.smooth = NormedConv(width, width, 3)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """(B, inputs, h, w) and (B, width, h', w') to (B, width, h, w)."""
        lateral = self.adapter(fine)
        return F.relu(self.smooth(lateral + _resize(coarse, lateral)))


class DeformablePixelDecoder(nn.Module):
    """Backbone maps to three attended maps and stride-4 mask features (spec A3).

    Args:
        channels: channels of the backbone's maps, finest first.
        width: channels of the three maps.
        mask_width: channels of the mask features.
        heads: attention heads.
        repeat_stride8: make a second stride-8 map before the stride-4 one. The published HRNet was
            trained so, because all its strides were declared as 1.
    """

    def __init__(
        self,
        channels: Sequence[int],
        width: int,
        mask_width: int,
        heads: int,
        *,
        repeat_stride8: bool = False,
    ) -> None:
        super().__init__()
        self.input_proj = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, width, 1), nn.GroupNorm(_NORM_GROUPS, width))
            for c in channels[:0:-1]
        )
        self.level_embed = nn.Parameter(torch.randn(3, width))
        self.layers = nn.ModuleList(DeformableLayer(width, heads) for _ in range(_DEPTH))
        finer = channels[1::-1] if repeat_stride8 else channels[:1]
        self.steps = nn.ModuleList(PyramidStep(c, width) for c in finer)
        self.refine = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.mask_features = nn.Conv2d(width, mask_width, 1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Mask features (B, mask_width, H/4, W/4) and maps at strides 32, 16, 8 (B, width, ...).

        Always in float32, as in the published training, whatever autocast says.
        """
        with torch.autocast(maps[0].device.type, enabled=False):
            return self._forward_float32([m.float() for m in maps])

    def _forward_float32(self, maps: list[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        attended = self._attend(maps[:0:-1])
        pyramid = list(attended)
        for step, fine in zip(self.steps, maps[len(self.steps) - 1 :: -1], strict=True):
            pyramid.append(step(fine, pyramid[-1]))
        # The three maps before the last, finest first.
        fine, middle, coarse = pyramid[-2:-5:-1]
        detail = self.refine[0](fine)
        detail = detail + _resize(self.refine[1](middle), fine)
        detail = detail + _resize(self.refine[2](coarse), fine)
        return self.mask_features(pyramid[-1] + _resize(detail, pyramid[-1])), attended

    def _attend(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Deformable encoder over the three coarser maps, coarsest first."""
        tokens, positions, sizes = [], [], []
        for level, (project, plane) in enumerate(zip(self.input_proj, maps, strict=True)):
            plane = project(plane)
            height, width = plane.shape[-2:]
            sizes.append((height, width))
            tokens.append(plane.flatten(2).transpose(1, 2))
            code = map_encoding(height, width, plane.shape[1], plane.device)
            positions.append(code + self.level_embed[level])
        x, position = torch.cat(tokens, 1), torch.cat(positions)
        pyramid = Pyramid.of(sizes, x.device)
        for layer in self.layers:
            x = layer(x, position, pyramid)
        return tuple(
            part.transpose(1, 2).unflatten(2, size).contiguous()
            for part, size in zip(x.split(pyramid.counts, 1), sizes, strict=True)
        )


def _resize(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
