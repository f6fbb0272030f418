"""Swin Transformer with windows and shifts that stay as they are on small maps.

timm's Swin pads after it has shifted, and shrinks windows on small maps; published weights were
trained with padding before the shift and whole windows, so the numbers would differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.backbones.drop_path import DropPath

_WINDOWS_AT_ONCE = 64
"""Bounds the memory of attention scores: 64 windows of 144 pixels and 6 heads take 32 MB."""
_APART = -100.0


def relative_position_index(window: int) -> Tensor:
    """Row of the bias table for each pair of a window's pixels: (window**2, window**2) int64."""
    place = torch.arange(window)
    y, x = (p.flatten() for p in torch.meshgrid(place, place, indexing="ij"))
    dy, dx = (p[:, None] - p[None] + window - 1 for p in (y, x))
    return dy * (2 * window - 1) + dx


@lru_cache(maxsize=8)
def _index_on(window: int, device: torch.device) -> Tensor:
    return relative_position_index(window).to(device)


@lru_cache(maxsize=16)
def _shift_bias(height: int, width: int, window: int, shift: int) -> Tensor:
    """Keeps apart what the cyclic shift put side by side: (windows, window**2, window**2)."""

    def band(length: int) -> Tensor:
        place = torch.arange(length)
        return (place >= length - window).int() + (place >= length - shift).int()

    region = _to_windows((3 * band(height)[:, None] + band(width))[None, ..., None], window)[..., 0]
    return (region[:, None] != region[:, :, None]).float() * _APART


def _to_windows(plane: Tensor, window: int) -> Tensor:
    """(B, H, W, C) to (B * windows, window**2, C)."""
    batch, height, width, channels = plane.shape
    plane = plane.view(batch, height // window, window, width // window, window, channels)
    return plane.transpose(2, 3).reshape(-1, window * window, channels)


def _from_windows(tokens: Tensor, window: int, height: int, width: int) -> Tensor:
    """Undo `_to_windows`."""
    plane = tokens.view(-1, height // window, width // window, window, window, tokens.shape[-1])
    return plane.transpose(2, 3).reshape(-1, height, width, tokens.shape[-1])


class WindowAttention(nn.Module):
    """Self-attention within windows, with a learned bias for each relative position."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        table = torch.empty((2 * window - 1) ** 2, heads)
        self.relative_position_bias_table = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, apart: Tensor | None) -> Tensor:
        """Attend within each window.

        Args:
            tokens: (B * windows, window**2, C).
            apart: (windows, window**2, window**2) added to the scores, or None.
        """
        table = self.relative_position_bias_table
        bias = table[_index_on(self.window, table.device)].permute(2, 0, 1)  # (heads, T, T)
        q, k, v = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if apart is not None:
            apart = apart.repeat(len(tokens) // len(apart), 1, 1)[:, None]
        attended = []
        for start in range(0, len(tokens), _WINDOWS_AT_ONCE):
            part = slice(start, start + _WINDOWS_AT_ONCE)
            whole = bias[None] if apart is None else bias + apart[part]
            attended.append(F.scaled_dot_product_attention(q[part], k[part], v[part], whole))
        return self.proj(torch.cat(attended).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., C) to (..., C)."""
        return self.fc2(F.gelu(self.fc1(tokens)))


class Block(nn.Module):
    """Window attention and MLP, pre-norm; odd blocks shift the windows by half a window."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1 = nn.LayerNorm(width)
        self.attn = WindowAttention(width, heads, window)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = MLP(width, 4 * width)
        self.drop_path = DropPath()

    def forward(self, plane: Tensor) -> Tensor:
        """(B, H, W, C) to (B, H, W, C)."""
        plane = plane + self.drop_path(self._attend(self.norm1(plane)))
        return plane + self.drop_path(self.mlp(self.norm2(plane)))

    def _attend(self, plane: Tensor) -> Tensor:
        height, width = plane.shape[1:3]
        window, shift = self.window, self.shift
        plane = F.pad(plane, (0, 0, 0, -width % window, 0, -height % window))
        padded_height, padded_width = plane.shape[1:3]
        apart = None
        if shift:
            plane = plane.roll((-shift, -shift), (1, 2))
            apart = _shift_bias(padded_height, padded_width, window, shift).to(plane)
        tokens = self.attn(_to_windows(plane, window), apart)
        plane = _from_windows(tokens, window, padded_height, padded_width)
        if shift:
            plane = plane.roll((shift, shift), (1, 2))
        return plane[:, :height, :width]


class PatchMerging(nn.Module):
    """Halves a map: the four pixels of a 2x2 square become one of twice the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, plane: Tensor) -> Tensor:
        """(B, H, W, C) to (B, ceil(H/2), ceil(W/2), 2C)."""
        plane = F.pad(plane, (0, 0, 0, plane.shape[2] % 2, 0, plane.shape[1] % 2))
        corners = [plane[:, y::2, x::2] for x in (0, 1) for y in (0, 1)]
        return self.reduction(self.norm(torch.cat(corners, -1)))


class PatchEmbedding(nn.Module):
    """Squares of 4x4 pixels become tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, 4, 4)
        self.norm = nn.LayerNorm(width)

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, H/4, W/4, C)."""
        return self.norm(self.proj(pixels).permute(0, 2, 3, 1))


class Stage(nn.Module):
    """Blocks at one stride, and the step to the next."""

    def __init__(self, width: int, heads: int, window: int, depth: int, last: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(width, heads, window, window // 2 if i % 2 else 0) for i in range(depth)
        )
        self.downsample = None if last else PatchMerging(width)

    def forward(self, plane: Tensor) -> tuple[Tensor, Tensor]:
        """(B, H, W, C) to the map at this stride, and to what the next stage takes."""
        for block in self.blocks:
            plane = block(plane)
        return plane, plane if self.downsample is None else self.downsample(plane)


class Swin(nn.Module):
    """Swin Transformer (Liu et al., ICCV 2021), a norm on each of its four outputs.

    Args:
        width: channels of the first stage; they double with each further one.
        depths: blocks of each stage.
        heads: attention heads of each stage.
        window: side of a window in tokens.
    """

    def __init__(
        self,
        width: int,
        depths: Sequence[int],
        heads: Sequence[int],
        window: int,
    ) -> None:
        super().__init__()
        self.channels = tuple(width * 2**i for i in range(4))
        self.patch_embed = PatchEmbedding(width)
        self.layers = nn.ModuleList(
            Stage(channels, heads[i], window, depths[i], last=i == 3)
            for i, channels in enumerate(self.channels)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for channels in self.channels)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) normalised pixels to four maps (B, C, H/s, W/s)."""
        maps = []
        plane = self.patch_embed(pixels)
        for stage, norm in zip(self.layers, self.norms, strict=True):
            output, plane = stage(plane)
            maps.append(norm(output).permute(0, 3, 1, 2).contiguous())
        return tuple(maps)


def swin_tiny() -> Swin:
    """Swin-T: window 7, channels 96 to 768."""
    return Swin(96, (2, 2, 6, 2), (3, 6, 12, 24), 7)


def swin_large() -> Swin:
    """Swin-L: window 12, channels 192 to 1536."""
    return Swin(192, (2, 2, 18, 2), (6, 12, 24, 48), 12)
