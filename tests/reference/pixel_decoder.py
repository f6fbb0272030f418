"""The deformable pixel decoder, written out plainly from the specification (part A3)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.reference.backbones import Weights, conv, layer_norm, linear

ROOT = "sem_seg_head.pixel_decoder"


def sine_code(values: Tensor, features: int = 128) -> Tensor:
    """Interleaved sine and cosine of values (...) at `features` wave lengths (A6)."""
    k = torch.arange(features, dtype=torch.float32)
    waves = 10000 ** (2 * torch.div(k, 2, rounding_mode="floor") / features)
    phases = values[..., None] / waves
    return torch.stack((phases[..., 0::2].sin(), phases[..., 1::2].cos()), -1).flatten(-2)


def map_encoding(height: int, width: int) -> Tensor:
    """Sine code of every place of a map, (256, height, width)."""
    y = torch.arange(1, height + 1, dtype=torch.float32) / (height + 1e-6) * 2 * math.pi
    x = torch.arange(1, width + 1, dtype=torch.float32) / (width + 1e-6) * 2 * math.pi
    rows = sine_code(y)[:, None].expand(height, width, 128)
    columns = sine_code(x)[None].expand(height, width, 128)
    return torch.cat((rows, columns), -1).permute(2, 0, 1)


def group_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.group_norm(x, 32, w[f"{name}.weight"], w[f"{name}.bias"])


def up_to(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)


def pixel_decoder(w: Weights, maps: list[Tensor], backbone: str) -> tuple[Tensor, list[Tensor]]:
    """Return mask_features (B, 256, h4, w4) and multi_scale_features, coarsest first."""
    tokens, positions, sizes = [], [], []
    for level, x in enumerate(maps[:0:-1]):  # the three coarsest, coarsest first
        x = group_norm(
            w, f"{ROOT}.input_proj.{level}.1", conv(w, f"{ROOT}.input_proj.{level}.0", x)
        )
        sizes.append(tuple(x.shape[-2:]))
        tokens.append(x.flatten(2).mT)
        code = map_encoding(*sizes[-1]).flatten(1).mT[None]
        positions.append(code + w[f"{ROOT}.transformer.level_embed"][level])
    x, position = torch.cat(tokens, 1), torch.cat(positions, 1)
    for layer in range(6):
        name = f"{ROOT}.transformer.encoder.layers.{layer}"
        attended = deformable_attention(w, f"{name}.self_attn", x + position, x, sizes)
        x = layer_norm(w, f"{name}.norm1", x + attended)
        hidden = F.relu(linear(w, f"{name}.linear1", x))
        x = layer_norm(w, f"{name}.norm2", x + linear(w, f"{name}.linear2", hidden))
    out = [
        part.mT.unflatten(2, size).contiguous()
        for part, size in zip(x.split([h * v for h, v in sizes], 1), sizes, strict=True)
    ]
    multi_scale = list(out)
    for step in (2, 1) if backbone == "hrnet32" else (1,):
        lateral = conv(w, f"{ROOT}.adapter_{step}", maps[step - 1])
        lateral = group_norm(w, f"{ROOT}.adapter_{step}.norm", lateral)
        y = lateral + up_to(out[-1], lateral)
        y = group_norm(w, f"{ROOT}.layer_{step}.norm", conv(w, f"{ROOT}.layer_{step}", y, 1, 1))
        out.append(F.relu(y))
    fine, middle, coarse = out[-2], out[-3], out[-4]
    refined = conv(w, f"{ROOT}.refine.0", fine, 1, 1)
    refined = refined + up_to(conv(w, f"{ROOT}.refine.1", middle, 1, 1), fine)
    refined = refined + up_to(conv(w, f"{ROOT}.refine.2", coarse, 1, 1), fine)
    return conv(w, f"{ROOT}.mask_features", out[-1] + up_to(refined, out[-1])), multi_scale


def deformable_attention(
    w: Weights, name: str, query: Tensor, source: Tensor, sizes: list[tuple[int, int]]
) -> Tensor:
    batch, count, dim = query.shape
    value = linear(w, f"{name}.value_proj", source).view(batch, count, 8, 32)
    offsets = linear(w, f"{name}.sampling_offsets", query).view(batch, count, 8, 3, 4, 2)
    weights = linear(w, f"{name}.attention_weights", query).view(batch, count, 8, 12).softmax(-1)
    reference = torch.cat(
        [
            torch.stack(
                torch.meshgrid(
                    (torch.arange(wd) + 0.5) / wd, (torch.arange(ht) + 0.5) / ht, indexing="xy"
                ),
                -1,
            ).flatten(0, 1)
            for ht, wd in sizes
        ]
    )
    scale = torch.tensor([[wd, ht] for ht, wd in sizes])
    places = reference[None, :, None, None, None] + offsets / scale[None, None, None, :, None]
    samples = []
    parts = value.split([ht * wd for ht, wd in sizes], 1)
    for level, ((ht, wd), part) in enumerate(zip(sizes, parts, strict=True)):
        plane = part.permute(0, 2, 3, 1).reshape(batch * 8, 32, ht, wd)
        grid = 2 * places[:, :, :, level].transpose(1, 2).flatten(0, 1) - 1
        samples.append(F.grid_sample(plane, grid, align_corners=False))
    sampled = torch.stack(samples, -2).flatten(-2)  # (batch * 8, 32, count, 12)
    weights = weights.transpose(1, 2).reshape(batch * 8, 1, count, 12)
    mixed = (sampled * weights).sum(-1).view(batch, dim, count).mT
    return linear(w, f"{name}.output_proj", mixed)
