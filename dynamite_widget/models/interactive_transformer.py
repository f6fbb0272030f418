"""DynaMITe's interactive transformer: clicks become queries, queries become mask logits.

Rana et al., ICCV 2023, sec. 3. What depends only on the image (`ImageMemory`) is computed once;
each click then runs `forward`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.attention import Attention, FeedForward, KeysValues
from dynamite_widget.models.click_tensors import (
    BACKGROUND_OWNER,
    PADDING_OWNER,
    ClickTensors,
    Groups,
)
from dynamite_widget.models.config import DynamiteConfig
from dynamite_widget.models.mask_decoder import MaskDecoder
from dynamite_widget.models.positional_encoding import (
    MapEncoding,
    click_encoding_width,
    encode_clicks,
    map_encoding,
)
from dynamite_widget.models.spatial_prior import SpatialPrior

_OBJECT, _BACKGROUND, _STATIC = 0, 1, 2
_RELATIONS = 4


@dataclass(frozen=True)
class ImageMemory:
    """Everything the transformer knows of an image before the first click.

    Attributes:
        mask_features: (B, mask_width, H/4, W/4).
        maps: strides 32, 16, 8, each (B, width, H/s, W/s).
        coarse_mask_features: the mask features at the sizes of `maps`.
        keys_values: of each encoder layer.
        decoder_tokens: (B, T, width) what the decoder updates, or None.
        decoder_position: the code of their places, or None.
    """

    mask_features: Tensor
    maps: tuple[Tensor, ...]
    coarse_mask_features: tuple[Tensor, ...]
    keys_values: tuple[KeysValues, ...]
    decoder_tokens: Tensor | None
    decoder_position: MapEncoding | None


@dataclass(frozen=True)
class Queries:
    """The queries of one interaction.

    Attributes:
        content: (B, Q, width).
        position: (B, Q, width).
        points: (B, Q, 2) in input pixels; anything for static queries.
        role: (B, Q) 0 on an object, 1 background click or padding, 2 static.
        owner: (B, Q) as in `ClickTensors`; static queries own the background.
        relation: (B, 1 or heads, Q, Q) added to the scores of self-attention, or None.
    """

    content: Tensor
    position: Tensor
    points: Tensor
    role: Tensor
    owner: Tensor
    relation: Tensor | None


@dataclass(frozen=True)
class Prediction:
    """Logits of one interaction.

    Attributes:
        logits: (B, Q, H/4, W/4), one map a query.
        groups: which query speaks for which object.
        auxiliary: logits of earlier predictions at the size of the map attended to next.
        queries: (B, Q, width) after the last encoder layer.
    """

    logits: Tensor
    groups: Groups
    auxiliary: tuple[Tensor, ...]
    queries: Tensor


class EncoderLayer(nn.Module):
    """Queries attend to a map where they predict themselves, then to each other. Post-norm."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.cross_attention = Attention(width, heads)
        self.cross_norm = nn.LayerNorm(width)
        self.self_attention = Attention(width, heads)
        self.self_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, hidden)
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(
        self, content: Tensor, queries: Queries, memory: KeysValues, allowed: Tensor
    ) -> Tensor:
        """Update (B, Q, width); `allowed` (B, 1, Q, T) says where each query may look."""
        position = queries.position
        x = self.cross_norm(content + self.cross_attention(content + position, memory, allowed))
        placed = x + position
        own = self.self_attention.remember(placed, x)
        x = self.self_norm(x + self.self_attention(placed, own, queries.relation))
        return self.feed_forward_norm(x + self.feed_forward(x))


class MaskEmbedding(nn.Module):
    """Three linear layers that turn a query into weights of the mask features."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        sizes = (width, width, width, outputs)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to (..., outputs)."""
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class InteractiveTransformer(nn.Module):
    """See the module's first lines. Sizes come from `config`."""

    bg_query: Tensor

    def __init__(self, config: DynamiteConfig) -> None:
        super().__init__()
        width, heads, t = config.width, config.heads, config.transformer
        self.config = config
        self.query_embed = nn.Parameter(torch.randn(width))
        self.register_buffer("bg_query", torch.zeros(width))
        if t.static_queries:
            self.static_bg_pe = nn.Parameter(torch.randn(t.static_queries, width))
            self.static_bg_query = nn.Parameter(torch.empty(t.static_queries, width))
            nn.init.xavier_uniform_(self.static_bg_query)
        self.queries_nonlinear_projection = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)
        )
        if t.click_encoding != "none":
            code = click_encoding_width(t.click_encoding, width)
            self.ca_qpos_sine_proj = nn.Linear(code, width)
        self.level_embed = nn.Embedding(3, width)
        self.encoder = nn.ModuleList(
            EncoderLayer(width, heads, t.encoder_hidden) for _ in range(t.encoder_depth)
        )
        self.decoder = MaskDecoder(t.decoder_depth, width, heads, t.decoder_hidden)
        self.layer_norm = nn.LayerNorm(width)
        self.mask_embed = MaskEmbedding(width, config.mask_width)
        if t.decoder_depth and t.decoder_stride == 8:
            self.decoder_output = nn.Linear(width, config.mask_width)
        if t.spatial_prior:
            self.prediction_prior = SpatialPrior(t.encoder_depth + 2)
            self.decoder_prior = SpatialPrior(t.decoder_depth * heads)
        if t.click_roles:
            self.role_embed = nn.Embedding(3, width)
            self.relation_bias = nn.Embedding(_RELATIONS, heads)
            nn.init.zeros_(self.relation_bias.weight)
        if t.fine_content:
            self.fine_projection = nn.Linear(config.mask_width, width)

    # -- once an image ---------------------------------------------------------------------------

    def remember(self, mask_features: Tensor, maps: Sequence[Tensor]) -> ImageMemory:
        """Compute what depends only on the image.

        Args:
            mask_features: (B, mask_width, H/4, W/4).
            maps: strides 32, 16, 8, each (B, width, H/s, W/s).
        """
        keys_values = []
        for i, layer in enumerate(self.encoder):
            level = i % 3
            height, width = maps[level].shape[-2:]
            values = maps[level].flatten(2).transpose(1, 2) + self.level_embed.weight[level]
            keys = values + map_encoding(height, width, values.shape[-1], values.device)
            keys_values.append(cast(EncoderLayer, layer).cross_attention.remember(keys, values))
        coarse = tuple(
            F.interpolate(mask_features, size=m.shape[-2:], mode="bilinear", align_corners=False)
            for m in maps
        )
        tokens: Tensor | None = None
        position: MapEncoding | None = None
        if len(self.decoder):
            whole = self.config.transformer.decoder_stride == 4
            source = mask_features if whole else maps[2]
            tokens = source.flatten(2).transpose(1, 2)
            height, width = source.shape[-2:]
            position = MapEncoding.of(height, width, tokens.shape[-1], tokens.device)
            if whole:  # pixel by pixel, as the decoder reads them; the same memory serves both
                tokens = tokens.contiguous()
                mask_features = tokens.transpose(1, 2).unflatten(2, (height, width))
        return ImageMemory(mask_features, tuple(maps), coarse, tuple(keys_values), tokens, position)

    # -- once a click ----------------------------------------------------------------------------

    def forward(
        self, memory: ImageMemory, clicks: ClickTensors, max_time: Tensor | None = None
    ) -> Prediction:
        """Predict a map of logits for every query.

        Args:
            memory: from `remember`.
            clicks: of the batch's images, padded to equal numbers.
            max_time: (B,) newest time step; None takes the newest of `clicks`.
        """
        t = self.config.transformer
        clicks = clicks.batched()
        size = (4 * memory.mask_features.shape[-2], 4 * memory.mask_features.shape[-1])
        if max_time is None:
            max_time = clicks.time.amax(1)
        queries = self.make_queries(memory, clicks, size, max_time)
        groups = Groups.of(queries.owner, padding_is_background=t.padding_takes_part)
        content, auxiliary = queries.content, []
        for i, layer in enumerate(self.encoder):
            level = i % 3
            logits = self._predict(content, memory.coarse_mask_features[level], queries, size, i)
            auxiliary.append(logits)
            content = layer(content, queries, memory.keys_values[i], _allowed(logits))
        logits = self._predict_last(memory, content, queries, size)
        return Prediction(logits, groups, tuple(auxiliary), content)

    def make_queries(
        self,
        memory: ImageMemory,
        clicks: ClickTensors,
        size: tuple[int, int],
        max_time: Tensor | None,
    ) -> Queries:
        """One query a click, then the static background queries (spec A4)."""
        t, points = self.config.transformer, clicks.points
        batch = len(clicks.owner)
        content = torch.stack([sample(m, points, size) for m in memory.maps]).mean(0)
        if t.fine_content:
            content = content + self.fine_projection(sample(memory.mask_features, points, size))
        role = torch.where(clicks.owner >= 0, _OBJECT, _BACKGROUND)
        padding = clicks.owner == PADDING_OWNER
        content = torch.where(padding[..., None], self.bg_query, content)
        position = self._click_position(clicks, size, max_time, padding)
        owner = clicks.owner
        if t.static_queries:
            statics = t.static_queries
            content = torch.cat((content, self.static_bg_query.expand(batch, -1, -1)), 1)
            position = torch.cat((position, self.static_bg_pe.expand(batch, -1, -1)), 1)
            points = torch.cat((points, points.new_zeros(batch, statics, 2)), 1)
            role = torch.cat((role, role.new_full((batch, statics), _STATIC)), 1)
            owner = torch.cat((owner, owner.new_full((batch, statics), BACKGROUND_OWNER)), 1)
        if t.click_roles:
            content = content + self.role_embed(role)
        content = self.queries_nonlinear_projection(content)
        return Queries(content, position, points, role, owner, self._relation(owner, role))

    def _click_position(
        self,
        clicks: ClickTensors,
        size: tuple[int, int],
        max_time: Tensor | None,
        padding: Tensor,
    ) -> Tensor:
        t = self.config.transformer
        if t.click_encoding == "none":
            return self.query_embed.expand(*clicks.owner.shape, -1)
        code = encode_clicks(
            clicks.points, clicks.time, size, max_time, t.click_encoding, self.config.width
        )
        # Padding is coded as sin 0, cos pi/2: all (nearly) zero.
        code = code.masked_fill(padding[..., None], 0.0)
        return self.query_embed + self.ca_qpos_sine_proj(code)

    def _relation(self, owner: Tensor, role: Tensor) -> Tensor | None:
        """Bias of self-attention: same object, other object, background; never padding."""
        t = self.config.transformer
        bias = None
        if t.click_roles:
            same = owner[:, :, None] == owner[:, None, :]
            static = (role == _STATIC)[:, None, :].expand_as(same)
            background = (owner == BACKGROUND_OWNER)[:, None, :].expand_as(same)
            kind = torch.where(background, 2, torch.where(same, 0, 1))
            kind = torch.where(static, 3, kind)
            bias = self.relation_bias(kind).permute(0, 3, 1, 2)
        if not t.padding_takes_part and (owner == PADDING_OWNER).any():
            blocked = (owner == PADDING_OWNER)[:, None, None, :]
            if bias is None:
                bias = torch.zeros(blocked.shape, device=owner.device)
            bias = bias.masked_fill(blocked, float("-inf"))
        return bias

    def _predict(
        self,
        content: Tensor,
        features: Tensor,
        queries: Queries,
        size: tuple[int, int],
        prediction: int,
    ) -> Tensor:
        cells = features.shape[-2:]
        logits = torch.matmul(self._mask_weights(content), features.flatten(2)).unflatten(2, cells)
        return self._with_prior(logits, queries, size, prediction)

    def _mask_weights(self, content: Tensor) -> Tensor:
        return self.mask_embed(self.layer_norm(content))

    def _with_prior(
        self, logits: Tensor, queries: Queries, size: tuple[int, int], prediction: int
    ) -> Tensor:
        if not self.config.transformer.spatial_prior:
            return logits
        place = slice(prediction, prediction + 1)
        cells = logits.shape[-2:]
        prior = self.prediction_prior(queries.points, queries.role, size, cells, place)
        return logits + prior[:, 0]

    def _predict_last(
        self, memory: ImageMemory, content: Tensor, queries: Queries, size: tuple[int, int]
    ) -> Tensor:
        """Logits at stride 4, of mask features updated by what the queries found (spec A5.3)."""
        t, last = self.config.transformer, self.config.transformer.encoder_depth + 1
        fine = memory.mask_features.shape[-2:]
        if not len(self.decoder):
            return self._predict(content, memory.mask_features, queries, size, last)
        if t.decoder_stride == 4:
            weights = self._mask_weights(content)
            parts = [
                weights @ pixels.transpose(1, 2) for pixels in self.decode(memory, content, queries)
            ]
            logits = torch.cat(parts, 2).unflatten(2, fine)
            return self._with_prior(logits, queries, size, last)
        pixels = torch.cat(list(self.decode(memory, content, queries)), 1)
        # A resize commutes with the product: few logits are resized instead of many channels.
        weights, update = self._mask_weights(content), self.decoder_output(pixels)
        coarse = (weights @ update.transpose(1, 2)).unflatten(2, memory.maps[2].shape[-2:])
        logits = (weights @ memory.mask_features.flatten(2)).unflatten(2, fine)
        logits = logits + F.interpolate(coarse, size=fine, mode="bilinear", align_corners=False)
        return self._with_prior(logits, queries, size, last)

    def decode(self, memory: ImageMemory, content: Tensor, queries: Queries) -> Iterator[Tensor]:
        """Pixels after the decoder, some at a time: (B, n, width) each.

        Args:
            memory: of the image.
            content: (B, Q, width) after the encoder.
            queries: their positions, places and roles.
        """
        tokens, position = memory.decoder_tokens, memory.decoder_position
        if tokens is None or position is None:
            raise RuntimeError("this network has no decoder")
        heads = self.config.heads
        size = (4 * memory.mask_features.shape[-2], 4 * memory.mask_features.shape[-1])
        cells = len(position.rows), len(position.columns)
        biases = [
            self._decoder_bias(queries, size, cells, slice(i * heads, (i + 1) * heads))
            for i in range(len(self.decoder))
        ]
        return self.decoder(tokens, position, content, queries.position, biases)

    def _decoder_bias(
        self, queries: Queries, size: tuple[int, int], cells: tuple[int, int], outputs: slice
    ) -> Tensor | None:
        t = self.config.transformer
        bias = None
        if t.spatial_prior:
            prior = self.decoder_prior(queries.points, queries.role, size, cells, outputs)
            bias = prior.flatten(3)
        padding = queries.owner == PADDING_OWNER
        if not t.padding_takes_part and padding.any():
            blocked = padding[:, None, :, None]
            if bias is None:
                bias = torch.zeros(blocked.shape, device=padding.device)
            bias = bias.masked_fill(blocked, float("-inf"))
        return bias


def sample(features: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
    """Values of a map (B, C, h, w) at points (B, Q, 2) of y, x in input pixels: (B, Q, C)."""
    scale = points.new_tensor((size[1], size[0]))
    grid = 2 * (points.flip(-1) / scale) - 1
    values = F.grid_sample(features, grid[:, :, None], mode="bilinear", align_corners=False)
    return values[..., 0].transpose(1, 2)


def _allowed(logits: Tensor) -> Tensor:
    """Where a query may look: where it predicts itself, or everywhere if nowhere."""
    inside = (logits.detach() >= 0).flatten(2)
    nowhere = ~inside.any(-1, keepdim=True)
    return (inside | nowhere)[:, None]
