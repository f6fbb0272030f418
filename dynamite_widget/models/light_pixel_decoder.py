"""The embedded model's pixel decoder: a convolutional pyramid with global context at its top."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.attention import Attention, FeedForward
from dynamite_widget.models.positional_encoding import map_encoding


def conv_norm(inputs: int, outputs: int, kernel: int, *, act: bool = True) -> nn.Sequential:
    """Convolution and BatchNorm (folded into it for inference), then ReLU if `act`."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    parts: list[nn.Module] = [conv, nn.BatchNorm2d(outputs)]
    return nn.Sequential(*parts, *([nn.ReLU(inplace=True)] if act else []))


class ContextBlock(nn.Module):
    """Self-attention over a map: every pixel sees the whole image. Pre-norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, 2 * width)

    def forward(self, tokens: Tensor, position: Tensor) -> Tensor:
        """(B, T, width) with the code of their places, (T, width)."""
        x = self.norm1(tokens)
        placed = x + position
        tokens = tokens + self.attention(placed, self.attention.remember(placed, x))
        return tokens + self.feed_forward(self.norm2(tokens))


class LightPixelDecoder(nn.Module):
    """Backbone maps to three attended maps and stride-4 mask features.

    Args:
        channels: channels of the backbone's maps, finest first.
        width: channels of the three maps (strides 32, 16, 8).
        mask_width: channels of the mask features (stride 4).
        heads: attention heads of the context blocks.
        context_depth: their number.
    """

    def __init__(
        self,
        channels: Sequence[int],
        width: int,
        mask_width: int,
        heads: int,
        context_depth: int,
    ) -> None:
        super().__init__()
        c4, c8, c16, c32 = channels
        self.lateral32 = conv_norm(c32, width, 1, act=False)
        self.lateral16 = conv_norm(c16, width, 1, act=False)
        self.lateral8 = conv_norm(c8, width, 1, act=False)
        self.lateral4 = conv_norm(c4, mask_width, 1, act=False)
        self.context = nn.ModuleList(ContextBlock(width, heads) for _ in range(context_depth))
        self.smooth16 = conv_norm(width, width, 3)
        self.smooth8 = conv_norm(width, width, 3)
        self.narrow8 = conv_norm(width, mask_width, 1, act=False)
        self.smooth4 = conv_norm(mask_width, mask_width, 3)
        self.mask_features = nn.Conv2d(mask_width, mask_width, 1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """Mask features (B, mask_width, H/4, W/4) and maps at strides 32, 16, 8 (B, width, ...)."""
        m4, m8, m16, m32 = maps
        x32 = self._add_context(self.lateral32(m32))
        x16 = self.smooth16(self.lateral16(m16) + _up(x32, m16))
        x8 = self.smooth8(self.lateral8(m8) + _up(x16, m8))
        x4 = self.smooth4(self.lateral4(m4) + _up(self.narrow8(x8), m4))
        return self.mask_features(x4), (x32, x16, x8)

    def _add_context(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        tokens = x.flatten(2).transpose(1, 2)
        position = map_encoding(height, width, tokens.shape[-1], x.device)
        for block in self.context:
            tokens = block(tokens, position)
        return tokens.transpose(1, 2).unflatten(2, (height, width))


def _up(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
