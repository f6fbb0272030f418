"""Multi-head attention whose keys and values can be computed once and kept."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KeysValues = tuple[Tensor, Tensor]
"""Keys and values, each (B, heads, T, width / heads)."""


class Attention(nn.Module):
    """Multi-head attention with the parameters of `nn.MultiheadAttention`, split in two steps.

    `remember` projects what is attended to; `forward` lets queries attend to it. For maps that
    depend only on the image the first step is made once an image.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.xavier_uniform_(self.out_proj.weight)
        nn.init.zeros_(self.out_proj.bias)

    def remember(self, keys: Tensor, values: Tensor) -> KeysValues:
        """Project (B, T, width) keys and values for later queries."""
        _, w_k, w_v = self.in_proj_weight.chunk(3)
        _, b_k, b_v = self.in_proj_bias.chunk(3)
        return self._split(F.linear(keys, w_k, b_k)), self._split(F.linear(values, w_v, b_v))

    def forward(self, queries: Tensor, memory: KeysValues, bias: Tensor | None = None) -> Tensor:
        """Attend from (B, Q, width) queries; `bias` is added to the scores or, if bool, allows."""
        return self.to_each(queries, [memory], [bias])

    def to_each(
        self, queries: Tensor, memories: Sequence[KeysValues], biases: Sequence[Tensor | None]
    ) -> Tensor:
        """Attend from (n * B, Q, width) queries to n memories, each from the next B."""
        width = queries.shape[-1]
        q = self._split(F.linear(queries, self.in_proj_weight[:width], self.in_proj_bias[:width]))
        attended = [
            F.scaled_dot_product_attention(some, *memory, attn_mask=bias)
            for some, memory, bias in zip(q.chunk(len(memories)), memories, biases, strict=True)
        ]
        return self.out_proj(torch.cat(attended).transpose(1, 2).flatten(2))

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """Linear, ReLU, linear."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        for linear in (self.linear1, self.linear2):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., width) to (..., width)."""
        return self.linear2(self.linear1(tokens).relu_())
