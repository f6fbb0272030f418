"""Mix Transformer B0, SegFormer's backbone."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.backbones.drop_path import DropPath

_WIDTHS = (32, 64, 160, 256)
_HEADS = (1, 2, 5, 8)
_REDUCTIONS = (8, 4, 2, 1)
_DEPTH = 2
_DEEP_EPS = 1e-6  # of blocks and stages; the embeddings and reductions keep PyTorch's 1e-5


def _to_map(tokens: Tensor, size: tuple[int, int]) -> Tensor:
    return tokens.transpose(1, 2).unflatten(2, size)


def _to_tokens(plane: Tensor) -> Tensor:
    return plane.flatten(2).transpose(1, 2)


class PatchEmbedding(nn.Module):
    """A strided convolution with overlap, and a norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
        self.norm = nn.LayerNorm(outputs)

    def forward(self, plane: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """(B, C, H, W) to (B, T, C'), and the size of the map the tokens stand for."""
        plane = self.proj(plane)
        height, width = plane.shape[-2:]
        return self.norm(_to_tokens(plane)), (height, width)


class ReducedAttention(nn.Module):
    """Self-attention whose keys and values come from a map made smaller by `reduction`."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)
        if reduction > 1:
            self.sr = nn.Conv2d(width, width, reduction, reduction)
            self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, T, C) to (B, T, C)."""
        source = tokens
        if self.reduction > 1:
            source = self.norm(_to_tokens(self.sr(_to_map(tokens, size))))
        q = self.q(tokens).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = self.kv(source).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v)
        return self.proj(attended.transpose(1, 2).flatten(2))


class MixFeedForward(nn.Module):
    """Feed-forward part with a depthwise 3x3 convolution, which also tells tokens their place."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, T, C) to (B, T, C)."""
        hidden = self.depthwise(_to_map(self.fc1(tokens), size))
        return self.fc2(F.gelu(_to_tokens(hidden)))


class Block(nn.Module):
    """Attention and feed-forward, pre-norm."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_DEEP_EPS)
        self.attn = ReducedAttention(width, heads, reduction)
        self.norm2 = nn.LayerNorm(width, eps=_DEEP_EPS)
        self.mlp = MixFeedForward(width, 4 * width)
        self.drop_path = DropPath()

    def forward(self, tokens: Tensor, size: tuple[int, int]) -> Tensor:
        """(B, T, C) to (B, T, C)."""
        tokens = tokens + self.drop_path(self.attn(self.norm1(tokens), size))
        return tokens + self.drop_path(self.mlp(self.norm2(tokens), size))


class Stage(nn.Module):
    """Embedding, blocks, norm; the normed map is both output and input of the next stage."""

    def __init__(self, number: int) -> None:
        super().__init__()
        width = _WIDTHS[number]
        self.patch_embed = (
            PatchEmbedding(_WIDTHS[number - 1], width, 3, 2)
            if number
            else PatchEmbedding(3, width, 7, 4)
        )
        self.blocks = nn.ModuleList(
            Block(width, _HEADS[number], _REDUCTIONS[number]) for _ in range(_DEPTH)
        )
        self.norm = nn.LayerNorm(width, eps=_DEEP_EPS)

    def forward(self, plane: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', H/s, W/s)."""
        tokens, size = self.patch_embed(plane)
        for block in self.blocks:
            tokens = block(tokens, size)
        return _to_map(self.norm(tokens), size).contiguous()


class MiTB0(nn.Module):
    """Mix Transformer B0 (Xie et al., SegFormer, NeurIPS 2021)."""

    channels = _WIDTHS

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(Stage(number) for number in range(len(_WIDTHS)))

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) normalised pixels to four maps (B, C, H/s, W/s)."""
        maps = []
        plane = pixels
        for stage in self.stages:
            plane = stage(plane)
            maps.append(plane)
        return tuple(maps)
