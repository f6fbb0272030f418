"""The five published backbones, written out plainly from the specification (part A2).

Every function takes the published state dict `w` and a prefix, and makes four maps, finest first.
Nothing here shares code with the package: it is the second opinion.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = dict[str, Tensor]


def conv(w: Weights, name: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv2d(x, w[f"{name}.weight"], w.get(f"{name}.bias"), stride, padding)


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def batch_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    mean, variance = w[f"{name}.running_mean"], w[f"{name}.running_var"]
    return F.batch_norm(x, mean, variance, w[f"{name}.weight"], w[f"{name}.bias"], eps=1e-5)


def layer_norm(w: Weights, name: str, x: Tensor, eps: float = 1e-5) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps)


# ---------------------------------------------------------------------------------- ResNet-50
def resnet50(w: Weights, x: Tensor) -> list[Tensor]:
    x = conv(w, "backbone.stem.conv1", x, stride=2, padding=3)
    x = F.relu(batch_norm(w, "backbone.stem.conv1.norm", x))
    x = F.max_pool2d(x, 3, 2, 1)
    maps = []
    for stage, depth in ((2, 3), (3, 4), (4, 6), (5, 3)):
        for b in range(depth):
            stride = 2 if b == 0 and stage > 2 else 1
            x = _resnet_block(w, f"backbone.res{stage}.{b}", x, stride)
        maps.append(x)
    return maps


def _resnet_block(w: Weights, name: str, x: Tensor, stride: int) -> Tensor:
    y = F.relu(batch_norm(w, f"{name}.conv1.norm", conv(w, f"{name}.conv1", x)))
    y = conv(w, f"{name}.conv2", y, stride=stride, padding=1)
    y = F.relu(batch_norm(w, f"{name}.conv2.norm", y))
    y = batch_norm(w, f"{name}.conv3.norm", conv(w, f"{name}.conv3", y))
    if f"{name}.shortcut.weight" in w:
        x = batch_norm(w, f"{name}.shortcut.norm", conv(w, f"{name}.shortcut", x, stride=stride))
    return F.relu(y + x)


# ---------------------------------------------------------------------------------- HRNet-W32
def hrnet32(w: Weights, x: Tensor) -> list[Tensor]:
    x = F.relu(batch_norm(w, "backbone.bn1", conv(w, "backbone.conv1", x, 2, 1)))
    x = F.relu(batch_norm(w, "backbone.bn2", conv(w, "backbone.conv2", x, 2, 1)))
    for b in range(4):
        x = _hrnet_bottleneck(w, f"backbone.layer1.{b}", x)
    first = conv(w, "backbone.transition1.0.0", x, 1, 1)
    branches = [F.relu(batch_norm(w, "backbone.transition1.0.1", first))]
    branches.append(_down(w, "backbone.transition1.1.0", x, activate=True))
    branches = _hrnet_module(w, "backbone.stage2.0", branches)
    branches.append(_down(w, "backbone.transition2.2.0", branches[-1], activate=True))
    for module in range(4):
        branches = _hrnet_module(w, f"backbone.stage3.{module}", branches)
    branches.append(_down(w, "backbone.transition3.3.0", branches[-1], activate=True))
    for module in range(3):
        branches = _hrnet_module(w, f"backbone.stage4.{module}", branches)
    return branches


def _hrnet_bottleneck(w: Weights, name: str, x: Tensor) -> Tensor:
    y = F.relu(batch_norm(w, f"{name}.bn1", conv(w, f"{name}.conv1", x)))
    y = F.relu(batch_norm(w, f"{name}.bn2", conv(w, f"{name}.conv2", y, 1, 1)))
    y = batch_norm(w, f"{name}.bn3", conv(w, f"{name}.conv3", y))
    if f"{name}.downsample.0.weight" in w:
        x = batch_norm(w, f"{name}.downsample.1", conv(w, f"{name}.downsample.0", x))
    return F.relu(y + x)


def _down(w: Weights, name: str, x: Tensor, activate: bool) -> Tensor:
    x = batch_norm(w, f"{name}.1", conv(w, f"{name}.0", x, 2, 1))
    return F.relu(x) if activate else x


def _hrnet_module(w: Weights, name: str, branches: list[Tensor]) -> list[Tensor]:
    made = []
    for i, x in enumerate(branches):
        for b in range(4):
            block = f"{name}.branches.{i}.{b}"
            y = F.relu(batch_norm(w, f"{block}.bn1", conv(w, f"{block}.conv1", x, 1, 1)))
            y = batch_norm(w, f"{block}.bn2", conv(w, f"{block}.conv2", y, 1, 1))
            x = F.relu(y + x)
        made.append(x)
    fused = []
    for i in range(len(made)):
        total = None
        for j, y in enumerate(made):
            fuse = f"{name}.fuse_layers.{i}.{j}"
            if j > i:
                y = batch_norm(w, f"{fuse}.1", conv(w, f"{fuse}.0", y))
                y = F.interpolate(y, scale_factor=2 ** (j - i), mode="nearest")
                y = y[..., : made[i].shape[-2], : made[i].shape[-1]]
            for k in range(i - j):
                y = _down(w, f"{fuse}.{k}", y, activate=k < i - j - 1)
            total = y if total is None else total + y
        fused.append(F.relu(total))
    return fused


# ---------------------------------------------------------------------------------- MiT-B0
def segformer_b0(w: Weights, x: Tensor) -> list[Tensor]:
    maps = []
    for stage, (heads, ratio) in enumerate(((1, 8), (2, 4), (5, 2), (8, 1)), start=1):
        stride, padding = (4, 3) if stage == 1 else (2, 1)
        x = conv(w, f"backbone.patch_embed{stage}.proj", x, stride, padding)
        height, width = x.shape[-2:]
        tokens = layer_norm(w, f"backbone.patch_embed{stage}.norm", x.flatten(2).mT)
        for b in range(2):
            block = f"backbone.block{stage}.{b}"
            normed = layer_norm(w, f"{block}.norm1", tokens, 1e-6)
            tokens = tokens + _mit_attention(w, f"{block}.attn", normed, height, heads, ratio)
            normed = layer_norm(w, f"{block}.norm2", tokens, 1e-6)
            hidden = linear(w, f"{block}.mlp.fc1", normed)
            plane = hidden.mT.unflatten(2, (height, width))
            depthwise = f"{block}.mlp.dwconv.dwconv"
            kernel3 = w[f"{depthwise}.weight"]
            plane = F.conv2d(plane, kernel3, w[f"{depthwise}.bias"], padding=1, groups=len(kernel3))
            tokens = tokens + linear(w, f"{block}.mlp.fc2", F.gelu(plane.flatten(2).mT))
        tokens = layer_norm(w, f"backbone.norm{stage}", tokens, 1e-6)
        x = tokens.mT.unflatten(2, (height, width)).contiguous()
        maps.append(x)
    return maps


def _mit_attention(w: Weights, name: str, x: Tensor, height: int, heads: int, ratio: int) -> Tensor:
    batch, count, dim = x.shape
    q = linear(w, f"{name}.q", x).unflatten(2, (heads, dim // heads)).transpose(1, 2)
    source = x
    if ratio > 1:
        plane = x.mT.unflatten(2, (height, count // height))
        source = conv(w, f"{name}.sr", plane, stride=ratio).flatten(2).mT
        source = layer_norm(w, f"{name}.norm", source, 1e-5)
    key_value = linear(w, f"{name}.kv", source)
    k, v = (t.unflatten(2, (heads, dim // heads)).transpose(1, 2) for t in key_value.chunk(2, -1))
    weights = (q @ k.mT * (dim // heads) ** -0.5).softmax(-1)
    return linear(w, f"{name}.proj", (weights @ v).transpose(1, 2).reshape(batch, count, dim))


# ---------------------------------------------------------------------------------- Swin
def swin_tiny(w: Weights, x: Tensor) -> list[Tensor]:
    return _swin(w, x, depths=(2, 2, 6, 2), heads=(3, 6, 12, 24), window=7)


def swin_large(w: Weights, x: Tensor) -> list[Tensor]:
    return _swin(w, x, depths=(2, 2, 18, 2), heads=(6, 12, 24, 48), window=12)


def _swin(w: Weights, x: Tensor, depths: tuple, heads: tuple, window: int) -> list[Tensor]:
    x = conv(w, "backbone.patch_embed.proj", x, stride=4).permute(0, 2, 3, 1)
    x = layer_norm(w, "backbone.patch_embed.norm", x)
    maps = []
    for stage in range(4):
        for b in range(depths[stage]):
            block = f"backbone.layers.{stage}.blocks.{b}"
            shift = window // 2 if b % 2 else 0
            x = x + _swin_attention(
                w, f"{block}.attn", layer_norm(w, f"{block}.norm1", x), heads[stage], window, shift
            )
            hidden = linear(w, f"{block}.mlp.fc1", layer_norm(w, f"{block}.norm2", x))
            x = x + linear(w, f"{block}.mlp.fc2", F.gelu(hidden))
        maps.append(layer_norm(w, f"backbone.norm{stage}", x).permute(0, 3, 1, 2).contiguous())
        if stage < 3:
            down = f"backbone.layers.{stage}.downsample"
            x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
            corners = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
            x = linear(
                w, f"{down}.reduction", layer_norm(w, f"{down}.norm", torch.cat(corners, -1))
            )
    return maps


def _swin_attention(
    w: Weights, name: str, x: Tensor, heads: int, window: int, shift: int
) -> Tensor:
    batch, height, width, dim = x.shape
    x = F.pad(x, (0, 0, 0, -width % window, 0, -height % window))
    padded_h, padded_w = x.shape[1:3]
    if shift:
        x = torch.roll(x, (-shift, -shift), (1, 2))
    tokens = _windows(x, window)  # (windows, window**2, dim)
    q, k, v = linear(w, f"{name}.qkv", tokens).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    scores = q @ k.mT * (dim // heads) ** -0.5
    table, index = (w[f"{name}.relative_position_{what}"] for what in ("bias_table", "index"))
    scores = scores + table[index.flatten()].view(window**2, window**2, heads).permute(2, 0, 1)
    if shift:
        region = torch.zeros(1, padded_h, padded_w, 1)
        number = 0
        for rows in (slice(0, -window), slice(-window, -shift), slice(-shift, None)):
            for columns in (slice(0, -window), slice(-window, -shift), slice(-shift, None)):
                region[:, rows, columns] = number
                number += 1
        region = _windows(region, window).squeeze(-1)
        apart = region[:, None, :] != region[:, :, None]  # (windows of one image, n, n)
        scores = scores + apart.repeat(batch, 1, 1)[:, None] * -100.0
    tokens = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
    tokens = linear(w, f"{name}.proj", tokens)
    x = tokens.view(batch, padded_h // window, padded_w // window, window, window, dim)
    x = x.transpose(2, 3).reshape(batch, padded_h, padded_w, dim)
    if shift:
        x = torch.roll(x, (shift, shift), (1, 2))
    return x[:, :height, :width]


def _windows(x: Tensor, window: int) -> Tensor:
    batch, height, width, dim = x.shape
    x = x.view(batch, height // window, window, width // window, window, dim)
    return x.transpose(2, 3).reshape(-1, window * window, dim)


BACKBONES = {
    "resnet50": resnet50,
    "hrnet32": hrnet32,
    "segformer_b0": segformer_b0,
    "swin_tiny": swin_tiny,
    "swin_large": swin_large,
}
