"""Clicks as the network takes them: tensors in order of objects, with who belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

BACKGROUND_OWNER = -1
PADDING_OWNER = -2


@dataclass(frozen=True)
class ClickTensors:
    """Clicks of one image, or of a batch with a leading dimension B.

    Attributes:
        points: (..., Q, 2) float32, y and x in pixels of the network's input.
        owner: (..., Q) int64, index of the object from 0; -1 background; -2 padding of a batch.
        time: (..., Q) int64, time steps.
    """

    points: Tensor
    owner: Tensor
    time: Tensor

    def batched(self) -> ClickTensors:
        """The same with a batch dimension, each object's clicks together, the background's last.

        Within an object clicks stand in the order given. Padding stands at the very end.
        """
        points, owner, time = self.points, self.owner, self.time
        if owner.dim() == 1:
            points, owner, time = points[None], owner[None], time[None]
        last = torch.iinfo(torch.int64).max
        key = torch.where(owner == BACKGROUND_OWNER, last - 1, owner)
        key = torch.where(owner == PADDING_OWNER, last, key)
        order = key.argsort(dim=1, stable=True)
        return ClickTensors(
            points.gather(1, order[..., None].expand_as(points)),
            owner.gather(1, order),
            time.gather(1, order),
        )

    def halved(self) -> ClickTensors:
        """The same on the input at half its size."""
        return replace(self, points=(self.points + 0.5) / 2 - 0.5)

    def to(self, device: torch.device) -> ClickTensors:
        """The same on another device."""
        return ClickTensors(self.points.to(device), self.owner.to(device), self.time.to(device))


@dataclass(frozen=True)
class Groups:
    """Which queries speak for which object.

    Attributes:
        members: (B, N, K) query indices of each object, its first repeated where it has fewer than
            K: a maximum over them is not changed by repetition.
        exists: (B, N) bool, False for objects that only other images of the batch have.
        background: (B, Q) bool, queries that speak for the background.
    """

    members: Tensor
    exists: Tensor
    background: Tensor

    @classmethod
    def of(cls, owner: Tensor, *, padding_is_background: bool) -> Groups:
        """Group the queries of `owner` (B, Q) as `ClickTensors.batched` ordered them."""
        device, owner = owner.device, owner.cpu()
        objects = max(0, int(owner.max()) + 1) if owner.numel() else 0
        counts = (owner[:, None] == torch.arange(objects)[:, None]).sum(2)
        exists = counts > 0
        first = torch.where(exists, counts.cumsum(1) - counts, 0)
        step = torch.arange(int(counts.max()) if counts.numel() else 1)
        within = torch.where(step < counts[..., None], step, 0)
        members = first[..., None] + within
        background = owner == BACKGROUND_OWNER
        if padding_is_background:
            background |= owner == PADDING_OWNER
        return cls(members.to(device), exists.to(device), background.to(device))

    def of_clicks(self, owner: Tensor) -> Groups:
        """The same without the queries that no click of `owner` (B, Q) stands for."""
        return replace(self, background=owner == BACKGROUND_OWNER)

    def labels(self, queries: int) -> list[int]:
        """What each query of the first image stands for: i + 1 for object i, else 0."""
        labels = [0] * queries
        for index, members in enumerate(self.members[0].tolist()):
            for query in members if self.exists[0, index] else ():
                labels[query] = index + 1
        return labels

    def maxima(self, values: Tensor) -> Tensor:
        """Maximum over each group's queries: (B, Q, h, w) to (B, 1 + N, h, w), background first.

        Objects that do not exist, and a background without queries, are minus infinity.
        """
        batch, queries = values.shape[:2]
        first = queries * torch.arange(batch, device=values.device)[:, None, None]
        members = (first + self.members).flatten()
        picked = values.flatten(0, 1).index_select(0, members)
        picked = picked.unflatten(0, self.members.shape).amax(2)
        picked = picked.masked_fill(~self.exists[:, :, None, None], float("-inf"))
        return torch.cat((self._background_maximum(values), picked), 1)

    def _background_maximum(self, values: Tensor) -> Tensor:
        if len(values) == 1 and self.background.any():  # a copy of them all takes longer
            return values[:, self.background[0]].amax(1, keepdim=True)
        rest = values.masked_fill(~self.background[:, :, None, None], float("-inf"))
        return rest.amax(1, keepdim=True)
