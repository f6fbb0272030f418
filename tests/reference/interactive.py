"""The interactive transformer, written out plainly from the specification (parts A4 to A6).

Nothing is kept between clicks and every prediction is made at full size, as in the published code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.reference.backbones import Weights, layer_norm, linear
from tests.reference.pixel_decoder import map_encoding, sine_code

ROOT = "sem_seg_head.interactive_transformer"


@dataclass(frozen=True)
class ImageClicks:
    """Clicks (y, x, t) in resized pixels: a list for each object, and the background's."""

    objects: list[list[tuple[float, float, int]]]
    background: list[tuple[float, float, int]]
    max_timestamp: int

    @property
    def in_order(self) -> list[tuple[float, float, int]]:
        return [c for clicks in self.objects for c in clicks] + self.background


@dataclass(frozen=True)
class Answer:
    """What the transformer makes of the clicks; everything the recordings hold."""

    descriptors: Tensor
    pos_in: Tensor
    pos_out: Tensor
    queries_after_ca0: Tensor
    queries_last: Tensor
    aux: list[Tensor]
    decoder_mask_features: Tensor
    logits: Tensor


def interactive_transformer(
    w: Weights,
    mask_features: Tensor,
    multi_scale: list[Tensor],
    images: list[ImageClicks],
    encoding: str = "spatio_temporal",
) -> Answer:
    """Logits (B, Q, h4, w4) of the clicks of each image of a batch, and what leads to them."""
    height, width = (4 * side for side in mask_features.shape[-2:])
    descriptors, codes = [], []
    static = f"{ROOT}.static_bg_query" in w
    longest = max(len(image.in_order) for image in images)
    if len(images) > 1 and not static:
        longest += 1
    for b, image in enumerate(images):
        rows = [_describe([m[b] for m in multi_scale], y, x) for y, x, _ in image.in_order]
        code = [
            _click_code(c, height, width, image.max_timestamp, encoding) for c in image.in_order
        ]
        padding = longest - len(rows)
        rows += [w[f"{ROOT}.bg_query"]] * padding
        code += [_padding_code(len(code[0]))] * padding
        descriptors.append(torch.stack(rows))
        codes.append(torch.stack(code))
    content, pos_in = torch.stack(descriptors), torch.stack(codes)
    pos_out = w[f"{ROOT}.query_embed"].expand(*content.shape)
    if f"{ROOT}.ca_qpos_sine_proj.weight" in w:
        pos_out = pos_out + linear(w, f"{ROOT}.ca_qpos_sine_proj", pos_in)
    output, query_embed = content, pos_out
    if static:
        batch = len(images)
        output = torch.cat((output, w[f"{ROOT}.static_bg_query"].expand(batch, -1, -1)), 1)
        query_embed = torch.cat((pos_out, w[f"{ROOT}.static_bg_pe"].expand(batch, -1, -1)), 1)
    output = F.relu(linear(w, f"{ROOT}.queries_nonlinear_projection.0", output))
    output = linear(w, f"{ROOT}.queries_nonlinear_projection.2", output)

    aux = [predict(w, output, mask_features)]
    after_first = None
    for i in range(9):
        level = i % 3
        size = multi_scale[level].shape[-2:]
        source = multi_scale[level].flatten(2).mT + w[f"{ROOT}.level_embed.weight"][level]
        keys = source + map_encoding(*size).flatten(1).mT
        small = F.interpolate(aux[-1], size, mode="bilinear", align_corners=False)
        blocked = small.flatten(2).sigmoid() < 0.5
        blocked[blocked.all(-1)] = False
        name = f"{ROOT}.encoder.cross_attention_layers.{i}"
        attended = attention(
            w, f"{name}.multihead_attn", output + query_embed, keys, source, blocked
        )
        output = layer_norm(w, f"{name}.norm", output + attended)
        after_first = output if after_first is None else after_first
        name = f"{ROOT}.encoder.self_attention_layers.{i}"
        placed = output + query_embed
        attended = attention(w, f"{name}.self_attn", placed, placed, output)
        output = layer_norm(w, f"{name}.norm", output + attended)
        output = feed_forward(w, f"{ROOT}.encoder.ffn_layers.{i}", output)
        aux.append(predict(w, output, mask_features))

    pixels = mask_features.flatten(2).mT
    position = map_encoding(*mask_features.shape[-2:]).flatten(1).mT
    for i in range(5):
        name = f"{ROOT}.decoder.cross_attention_layers.{i}"
        if f"{name}.norm.weight" not in w:
            break
        attended = attention(
            w, f"{name}.multihead_attn", pixels + position, output + query_embed, output
        )
        pixels = layer_norm(w, f"{name}.norm", pixels + attended)
        pixels = feed_forward(w, f"{ROOT}.decoder.ffn_layers.{i}", pixels)
    updated = pixels.mT.unflatten(2, mask_features.shape[-2:])
    return Answer(
        content,
        pos_in,
        pos_out,
        after_first,
        output,
        aux,
        updated,
        predict(w, output, updated),
    )


def predict(w: Weights, output: Tensor, mask_features: Tensor) -> Tensor:
    x = layer_norm(w, f"{ROOT}.layer_norm", output)
    x = F.relu(linear(w, f"{ROOT}.mask_embed.layers.0", x))
    x = F.relu(linear(w, f"{ROOT}.mask_embed.layers.1", x))
    x = linear(w, f"{ROOT}.mask_embed.layers.2", x)
    return torch.einsum("bqc,bchw->bqhw", x, mask_features)


def attention(
    w: Weights, name: str, q: Tensor, k: Tensor, v: Tensor, blocked: Tensor | None = None
) -> Tensor:
    """As `nn.MultiheadAttention` is called in the published code: it returns its weights, too."""
    mask = None
    if blocked is not None:
        mask = blocked[:, None].expand(-1, 8, -1, -1).flatten(0, 1)
    attended, _weights = F.multi_head_attention_forward(
        q.transpose(0, 1),
        k.transpose(0, 1),
        v.transpose(0, 1),
        embed_dim_to_check=256,
        num_heads=8,
        in_proj_weight=w[f"{name}.in_proj_weight"],
        in_proj_bias=w[f"{name}.in_proj_bias"],
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=w[f"{name}.out_proj.weight"],
        out_proj_bias=w[f"{name}.out_proj.bias"],
        training=False,
        need_weights=True,
        attn_mask=mask,
    )
    return attended.transpose(0, 1)


def feed_forward(w: Weights, name: str, x: Tensor) -> Tensor:
    hidden = F.relu(linear(w, f"{name}.linear1", x))
    return layer_norm(w, f"{name}.norm", x + linear(w, f"{name}.linear2", hidden))


def _describe(maps: list[Tensor], y: float, x: float) -> Tensor:
    height, width = (8 * side for side in maps[2].shape[-2:])
    point = torch.tensor([x, y], dtype=torch.float32) / torch.tensor([width, height])
    grid = (2 * point - 1).view(1, 1, 1, 2)
    samples = [F.grid_sample(m[None], grid, align_corners=False).flatten() for m in maps]
    return torch.stack(samples).mean(0)


def _click_code(
    click: tuple[float, float, int], height: int, width: int, max_timestamp: int, encoding: str
) -> Tensor:
    y, x, t = click
    turn = 2 * math.pi
    y, x, t = y / height * turn, x / width * turn, t / max(max_timestamp, 500) * turn
    if encoding == "temporal":
        return sine_code(torch.tensor(t), 256)
    values = [y, x, t] if encoding == "spatio_temporal" else [y, x]
    return sine_code(torch.tensor(values)).flatten()


def _padding_code(length: int) -> Tensor:
    """Sines of 0, cosines of pi / 2."""
    return torch.stack(
        (torch.zeros(length // 2), torch.full((length // 2,), math.pi / 2).cos()), 1
    ).flatten()
