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
from dynamite_widget.models.interruption import next_step
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
class _Look:
    """One size at which an image is looked at, with the queries there.

    Attributes:
        memory: of the image at that size.
        queries: of the clicks there.
        size: height and width of the input.
        priors: for each map the spatial prior of the predictions made at its size, one after
            the other: (B, depth / 3, Q, h, w). Empty without a spatial prior.
    """

    memory: ImageMemory
    queries: Queries
    size: tuple[int, int]
    priors: tuple[Tensor, ...]


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
        self,
        content: Tensor,
        position: Tensor,
        relation: Tensor | None,
        memories: Sequence[KeysValues],
        allowed: Sequence[Tensor],
    ) -> Tensor:
        """Update queries.

        Args:
            content: (n * B, Q, width) of the queries.
            position: (n * B, Q, width).
            relation: (n * B, 1 or heads, Q, Q) added to the scores of self-attention, or None.
            memories: of n maps, each for the next B.
            allowed: where queries may look in each, (B, 1, Q, T).
        """
        found = self.cross_attention.to_each(content + position, memories, allowed)
        x = self.cross_norm(content + found)
        placed = x + position
        own = self.self_attention.remember(placed, x)
        x = self.self_norm(x + self.self_attention(placed, own, relation))
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
        self,
        memories: Sequence[ImageMemory],
        clicks: Sequence[ClickTensors],
        max_time: Tensor | None = None,
    ) -> list[Prediction]:
        """Predict a map of logits for every query, at each of the sizes an image is looked at.

        Sizes know nothing of each other. They go together because queries are so few that one
        pass of twice as many takes little longer.

        Args:
            memories: from `remember`, one a size.
            clicks: the same at each size, of the batch's images, padded to equal numbers.
            max_time: (B,) newest time step; None takes the newest of `clicks`.
        """
        looks = [
            self._look(memory, given.batched(), max_time)
            for memory, given in zip(memories, clicks, strict=True)
        ]
        content = torch.cat([look.queries.content for look in looks])
        position = torch.cat([look.queries.position for look in looks])
        relations = [r for look in looks if (r := look.queries.relation) is not None]
        relation = torch.cat(relations) if relations else None
        auxiliary: list[list[Tensor]] = []
        for i, layer in enumerate(self.encoder):
            next_step()
            weights = self._mask_weights(content).chunk(len(looks))
            logits = [self._predict(w, look, i) for w, look in zip(weights, looks, strict=True)]
            auxiliary.append(logits)
            keys_values = [memory.keys_values[i] for memory in memories]
            allowed = [_allowed(each) for each in logits]
            content = layer(content, position, relation, keys_values, allowed)
        weights = self._mask_weights(content).chunk(len(looks))
        contents = content.chunk(len(looks))
        taking_part = self.config.transformer.padding_takes_part
        groups = Groups.of(looks[0].queries.owner, padding_is_background=taking_part)
        return [
            Prediction(
                self._predict_last(look, contents[n], weights[n]),
                groups,
                tuple(logits[n] for logits in auxiliary),
                contents[n],
            )
            for n, look in enumerate(looks)
        ]

    def _look(self, memory: ImageMemory, clicks: ClickTensors, max_time: Tensor | None) -> _Look:
        size = (4 * memory.mask_features.shape[-2], 4 * memory.mask_features.shape[-1])
        if max_time is None:
            max_time = clicks.time.amax(1)
        queries = self.make_queries(memory, clicks, size, max_time)
        depth = self.config.transformer.encoder_depth
        priors = [
            self._prior(queries, size, m.shape[-2:], slice(level, depth, 3))
            for level, m in enumerate(memory.maps)
        ]
        return _Look(memory, queries, size, tuple(each for each in priors if each is not None))

    def _prior(
        self, queries: Queries, size: tuple[int, int], cells: Sequence[int], outputs: slice
    ) -> Tensor | None:
        if not self.config.transformer.spatial_prior:
            return None
        cells = cells[0], cells[1]
        return self.prediction_prior(queries.points, queries.role, size, cells, outputs)

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

    def _mask_weights(self, content: Tensor) -> Tensor:
        return self.mask_embed(self.layer_norm(content))

    def _predict(self, weights: Tensor, look: _Look, number: int) -> Tensor:
        """Logits before encoder layer `number`, of the size of the map that it attends to."""
        features = look.memory.coarse_mask_features[number % 3]
        logits = torch.matmul(weights, features.flatten(2)).unflatten(2, features.shape[-2:])
        return logits + look.priors[number % 3][:, number // 3] if look.priors else logits

    def _predict_last(self, look: _Look, content: Tensor, weights: Tensor) -> Tensor:
        """Logits at stride 4, of mask features updated by what the queries found (spec A5.3)."""
        memory, fine = look.memory, look.memory.mask_features.shape[-2:]
        if len(self.decoder) and self.config.transformer.decoder_stride == 4:
            parts = self.decode(memory, content, look.queries)
            logits = torch.cat([weights @ pixels.transpose(1, 2) for pixels in parts], 2)
            return self._with_prior(logits.unflatten(2, fine), look)
        logits = (weights @ memory.mask_features.flatten(2)).unflatten(2, fine)
        if len(self.decoder):
            pixels = torch.cat(list(self.decode(memory, content, look.queries)), 1)
            # A resize commutes with the product: few logits are resized, not many channels.
            update = weights @ self.decoder_output(pixels).transpose(1, 2)
            coarse = update.unflatten(2, memory.maps[2].shape[-2:])
            logits = logits + F.interpolate(coarse, size=fine, mode="bilinear", align_corners=False)
        return self._with_prior(logits, look)

    def _with_prior(self, logits: Tensor, look: _Look) -> Tensor:
        last = self.config.transformer.encoder_depth + 1
        place = slice(last, last + 1)
        prior = self._prior(look.queries, look.size, logits.shape[-2:], place)
        return logits if prior is None else logits + prior[:, 0]

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
        size = (4 * memory.mask_features.shape[-2], 4 * memory.mask_features.shape[-1])
        cells = len(position.rows), len(position.columns)
        biases = self._decoder_biases(queries, size, cells)
        return self.decoder(tokens, position, content, queries.position, biases)

    def _decoder_biases(
        self, queries: Queries, size: tuple[int, int], cells: tuple[int, int]
    ) -> Sequence[Tensor | None]:
        """For each layer of the decoder what is added to its scores."""
        t, depth = self.config.transformer, len(self.decoder)
        biases: Sequence[Tensor | None] = [None] * depth
        if t.spatial_prior:
            prior = self.decoder_prior(queries.points, queries.role, size, cells, slice(None))
            biases = prior.flatten(3).chunk(depth, 1)
        padding = queries.owner == PADDING_OWNER
        if not t.padding_takes_part and padding.any():
            blocked = padding[:, None, :, None]
            nothing = torch.zeros(blocked.shape, device=padding.device)
            biases = [
                (nothing if bias is None else bias).masked_fill(blocked, float("-inf"))
                for bias in biases
            ]
        return biases


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
