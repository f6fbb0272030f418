"""The decoder: pixels attend to the queries, and so the mask features learn what was clicked.

At stride 4 this is nine tenths of a click's work. Pixels do not look at each other, so some rows of
them can go through all layers before the next ones start: what passes between the layers then stays
in the processor's cache. And as long as there are not many more queries than channels in a head,
it is cheaper to apply the projections of the pixels to the queries instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from dynamite_widget.models.attention import Attention, FeedForward, KeysValues
from dynamite_widget.models.interruption import next_step
from dynamite_widget.models.positional_encoding import MapEncoding

_PIXELS_AT_ONCE = 2048
_FOLD_UP_TO = 3
"""So many queries for each channel of a head are folded."""


@dataclass(frozen=True)
class FoldedQueries:
    """Queries, as pixels see them, with the projections of the pixels already applied.

    Attributes:
        keys: (B, heads * Q, width) these times a pixel give its scores.
        offsets: (B, heads * Q, 1) added to the scores.
        values: (B, heads * Q, width) a pixel's shares times these give its update.
    """

    keys: Tensor
    offsets: Tensor
    values: Tensor

    @classmethod
    def of(cls, attention: Attention, memory: KeysValues) -> FoldedQueries:
        """Fold the projections of `attention` into the queries' keys and values."""
        keys, values = memory
        heads, size = attention.heads, keys.shape[-1]
        width = heads * size
        scale = size**-0.5
        to_query = attention.in_proj_weight[:width].view(heads, size, width) * scale
        query_bias = attention.in_proj_bias[:width].view(heads, size) * scale
        to_output = attention.out_proj.weight.view(width, heads, size)
        return cls(
            torch.einsum("hdc,bhqd->bhqc", to_query, keys).flatten(1, 2),
            torch.einsum("hd,bhqd->bhq", query_bias, keys).flatten(1)[..., None],
            torch.einsum("ohd,bhqd->bhqo", to_output, values).flatten(1, 2),
        )


class DecoderLayer(nn.Module):
    """Pixels attend to the queries. Post-norm."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.cross_attention = Attention(width, heads)
        self.cross_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, hidden)
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(
        self,
        pixels: Tensor,
        position: Tensor,
        memory: KeysValues | FoldedQueries,
        bias: Tensor | None,
    ) -> Tensor:
        """Update pixels.

        Args:
            pixels: (B, n, width).
            position: (n, width) the code of their places.
            memory: the queries.
            bias: (B, heads, Q, n) or (B, 1, Q, 1) added to the scores, or None.
        """
        placed = pixels + position
        if isinstance(memory, FoldedQueries):
            found = self._attend_folded(placed, memory, bias)
        else:
            turned = None if bias is None else bias.transpose(2, 3)
            found = self.cross_attention(placed, memory, turned)
        x = self.cross_norm(pixels + found)
        return self.feed_forward_norm(x + self.feed_forward(x))

    def _attend_folded(self, placed: Tensor, folded: FoldedQueries, bias: Tensor | None) -> Tensor:
        attention = self.cross_attention
        # Queries before pixels, as the bias comes: nothing has to be turned around.
        added = folded.offsets if bias is None else bias.expand(-1, attention.heads, -1, -1)
        scores = torch.baddbmm(added.flatten(1, -2), folded.keys, placed.transpose(1, 2))
        if bias is not None:
            scores += folded.offsets
        shares = scores.unflatten(1, (attention.heads, -1)).softmax(2).flatten(1, 2)
        return torch.baddbmm(attention.out_proj.bias, shares.transpose(1, 2), folded.values)


class MaskDecoder(nn.ModuleList):
    """Layers in which the pixels of a map attend to the queries.

    Args:
        depth: number of layers.
        width: channels of pixels and queries.
        heads: attention heads.
        hidden: width of the feed-forward parts.
    """

    def __init__(self, depth: int, width: int, heads: int, hidden: int) -> None:
        super().__init__(DecoderLayer(width, heads, hidden) for _ in range(depth))
        self.head_width = width // heads

    def forward(
        self,
        pixels: Tensor,
        position: MapEncoding,
        content: Tensor,
        query_position: Tensor,
        biases: Sequence[Tensor | None],
    ) -> Iterator[Tensor]:
        """Update a map part by part.

        Args:
            pixels: (B, T, width) of the map, row by row.
            position: of the map.
            content: (B, Q, width) of the queries.
            query_position: (B, Q, width).
            biases: for each layer (B, heads, Q, T) or (B, 1, Q, 1) added to the scores, or None.

        Yields:
            (B, n, width) for the first n pixels, the next ones, and so on.
        """
        memories: list[KeysValues | FoldedQueries] = []
        layers = [cast(DecoderLayer, layer) for layer in self]
        for layer in layers:
            memory = layer.cross_attention.remember(content + query_position, content)
            fold = content.shape[1] <= _FOLD_UP_TO * self.head_width
            memories.append(FoldedQueries.of(layer.cross_attention, memory) if fold else memory)
        for rows in position.bands(_rows_at_once(pixels, position.width)):
            next_step()
            part = slice(rows.start * position.width, rows.stop * position.width)
            x, places = pixels[:, part], position.of_rows(rows)
            for layer, seen, bias in zip(layers, memories, biases, strict=True):
                near = bias if bias is None or bias.shape[3] == 1 else bias[..., part]
                x = layer(x, places, seen, near)
            yield x


def _rows_at_once(pixels: Tensor, width: int) -> int:
    """Few on a CPU, for its cache; all where parallel work or gradients want that."""
    if pixels.device.type != "cpu" or torch.is_grad_enabled():
        return pixels.shape[1] // width
    return max(1, _PIXELS_AT_ONCE // width)
