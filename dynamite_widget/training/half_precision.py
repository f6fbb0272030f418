"""Training in bfloat16: on GPUs, and on CPUs that have instructions for it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.grad import conv2d_input, conv2d_weight


def computing_in_half(device: torch.device, half: bool) -> AbstractContextManager[object]:
    """Let matrix products and convolutions run in bfloat16, or change nothing."""
    return torch.autocast(device.type, torch.bfloat16) if half else nullcontext()


def depthwise_in_full(network: nn.Module) -> None:
    """Let the gradients of depthwise convolutions be taken in float32, in place.

    In bfloat16 a CPU takes so much longer for them that nothing would be gained by it.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.forward = partial(_forward, module)  # type: ignore[method-assign]


def _forward(module: nn.Conv2d, x: Tensor) -> Tensor:
    """What the module computes; TensorFlow's "same" padding, which depends on `x`, comes first."""
    if type(module).__name__ == "Conv2dSame":
        x = F.pad(x, _same_padding(module, x.shape[-2:]))
    assert not isinstance(module.padding, str)
    how = module.stride, module.padding, module.dilation, module.groups
    output: Tensor = _Depthwise.apply(x, module.weight, how)
    return output if module.bias is None else output + module.bias[:, None, None]


def _same_padding(module: nn.Conv2d, size: torch.Size) -> list[int]:
    """Left, right, top, bottom: so that there is an output for each `stride` inputs begun."""
    sides: list[int] = []
    for length, kernel, stride in zip(size, module.kernel_size, module.stride, strict=True):
        more = max(0, (-(-length // stride) - 1) * stride + kernel - length)
        sides = [more // 2, more - more // 2, *sides]
    return sides


class _Depthwise(Function):
    """A depthwise convolution without bias in autocast's precision, its gradients in float32."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch has no public type of it
        x: Tensor,
        weight: Tensor,
        how: tuple[Any, ...],
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.how = how
        return F.conv2d(x, weight, None, *how)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        gradient, whole = gradient.float(), x.float()
        of_x = of_weight = None
        if ctx.needs_input_grad[0]:
            of_x = conv2d_input(whole.shape, weight, gradient, *ctx.how).to(x.dtype)
        if ctx.needs_input_grad[1]:
            of_weight = conv2d_weight(whole, weight.shape, gradient, *ctx.how)
        return of_x, of_weight, None
