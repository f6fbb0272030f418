"""Keeps encoded images: least recently used out first by bytes, device first, then host memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

HOST = "cpu"


class Device(Protocol):
    """Where memory lies, as `torch.device` says it."""

    @property
    def type(self) -> str:
        """`"cpu"` is host memory; anything else is a device."""
        ...


class Encoded(Protocol):
    """An encoded image: immutable, of known size, and able to copy itself to another memory."""

    @property
    def nbytes(self) -> int:
        """Bytes it occupies."""
        ...

    @property
    def device(self) -> Device:
        """Where it lies."""
        ...

    def to(self, device: str) -> Self:
        """Return a copy in that memory, or itself where it lies there already."""
        ...


E = TypeVar("E", bound=Encoded)


class CacheInfo(NamedTuple):
    """What a cache holds and how it has served.

    Attributes:
        hits: lookups that found their image.
        misses: lookups that did not.
        entries: images held, in both memories.
        device_bytes: bytes held in device memory.
        host_bytes: bytes held in host memory.
        max_device_bytes: bound of `device_bytes`.
        max_host_bytes: bound of `host_bytes`.
    """

    hits: int
    misses: int
    entries: int
    device_bytes: int
    host_bytes: int
    max_device_bytes: int
    max_host_bytes: int


class FeatureCache(Generic[E]):
    """Encoded images by key, within a bound of bytes for each of two memories.

    Where device memory is full, the image used longest ago moves to host memory; where that is
    full, it is dropped. One image larger than a bound never enters that memory. Entries are
    immutable, so one that somebody still uses stays valid after it has left the cache. Safe on
    any thread.

    Args:
        max_bytes_device: bound for entries in device memory; 0 keeps none there.
        max_bytes_host: bound for entries in host memory (all of them, without a device).

    Raises:
        ValueError: if a bound is negative.
    """

    def __init__(self, max_bytes_device: int, max_bytes_host: int) -> None:
        for name, bound in (
            ("max_bytes_device", max_bytes_device),
            ("max_bytes_host", max_bytes_host),
        ):
            if bound < 0:
                raise ValueError(f"{name} is {bound}; give a number of bytes, 0 for none")
        self._max_device = max_bytes_device
        self._max_host = max_bytes_host
        self._entries: OrderedDict[str, E] = OrderedDict()  # least recently used first
        self._hits = 0
        self._misses = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> E | None:
        """Return the image of this key, wherever it lies, as the newest from now on; or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._misses += 1
                return None
            self._hits += 1
            self._entries.move_to_end(key)
            return entry

    def put(self, key: str, entry: E) -> None:
        """Keep an image where it lies, as the newest; an earlier one of this key is replaced."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = entry
            self._shrink(self._max_device)

    def move_to_host(self) -> None:
        """Free the device memory, keeping what fits into host memory."""
        with self._lock:
            self._shrink(0)

    def discard(self, key: str) -> None:
        """Drop one image, if it is here."""
        with self._lock:
            self._entries.pop(key, None)

    def discard_if(self, meant: Callable[[str], bool]) -> None:
        """Drop every image whose key is meant."""
        with self._lock:
            for key in [key for key in self._entries if meant(key)]:
                del self._entries[key]

    def clear(self) -> None:
        """Drop every image; the counts of hits and misses go on."""
        with self._lock:
            self._entries.clear()

    def cache_info(self) -> CacheInfo:
        """Return counts, bytes and bounds at this moment."""
        with self._lock:
            return CacheInfo(
                self._hits,
                self._misses,
                len(self._entries),
                self._bytes(on_device=True),
                self._bytes(on_device=False),
                self._max_device,
                self._max_host,
            )

    def _bytes(self, *, on_device: bool) -> int:
        return sum(e.nbytes for e in self._entries.values() if _on_device(e) == on_device)

    def _shrink(self, max_device: int) -> None:
        """Bring both memories within bounds: device to host first, then out of the host."""
        for key in self._leaving(max_device, on_device=True):
            moved = self._entries[key]
            if moved.nbytes > self._max_host:
                del self._entries[key]
            else:
                self._entries[key] = moved.to(HOST)  # keeps its place in the order of use
        for key in self._leaving(self._max_host, on_device=False):
            del self._entries[key]

    def _leaving(self, bound: int, *, on_device: bool) -> list[str]:
        """Keys that must leave one memory: those too large for it, then the least recently used."""
        here = {k: e.nbytes for k, e in self._entries.items() if _on_device(e) == on_device}
        leaving = [key for key, nbytes in here.items() if nbytes > bound]
        total = sum(here.values()) - sum(here[key] for key in leaving)
        for key, nbytes in here.items():
            if total <= bound:
                break
            if nbytes <= bound:
                leaving.append(key)
                total -= nbytes
        return leaving


def _on_device(entry: Encoded) -> bool:
    return entry.device.type != HOST
