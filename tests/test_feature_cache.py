"""The cache of encoded images: never above its bounds, least recently used out first."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dynamite_widget.feature_cache import FeatureCache


@dataclass(frozen=True)
class Place:
    type: str


@dataclass(frozen=True)
class Picture:
    """An encoded image of so many bytes."""

    name: str
    nbytes: int
    device: Place = Place("gpu")

    def to(self, device: str) -> Picture:
        return replace(self, device=Place(device))


def on_host(name: str, nbytes: int) -> Picture:
    return Picture(name, nbytes, Place("cpu"))


def test_what_was_put_in_comes_out_and_is_counted() -> None:
    cache = FeatureCache[Picture](100, 100)
    street = Picture("street", 40)
    cache.put("street", street)
    assert cache.get("street") is street
    assert cache.get("forest") is None
    info = cache.cache_info()
    assert (info.hits, info.misses, info.entries) == (1, 1, 1)
    assert (info.device_bytes, info.host_bytes) == (40, 0)
    assert (info.max_device_bytes, info.max_host_bytes) == (100, 100)


def test_the_image_used_longest_ago_moves_to_host_memory_first_and_is_then_dropped() -> None:
    cache = FeatureCache[Picture](100, 60)
    for name in ("a", "b"):
        cache.put(name, Picture(name, 50))
    cache.get("a")
    cache.put("c", Picture("c", 50))
    assert cache.cache_info().host_bytes == 50, "b, the older one, left the device"
    cache.put("d", Picture("d", 50))
    assert cache.get("b") is None, "a followed b into a host memory with room for one"
    assert cache.get("a") == on_host("a", 50)
    assert cache.get("c") == Picture("c", 50)


def test_an_image_larger_than_the_device_bound_goes_to_host_memory_and_moves_nobody() -> None:
    cache = FeatureCache[Picture](100, 1000)
    cache.put("small", Picture("small", 80))
    cache.put("large", Picture("large", 101))
    assert cache.get("large") == on_host("large", 101)
    assert cache.get("small") == Picture("small", 80)


def test_an_image_larger_than_both_bounds_is_not_kept_and_costs_nobody_a_place() -> None:
    cache = FeatureCache[Picture](100, 100)
    cache.put("small", on_host("small", 100))
    cache.put("large", on_host("large", 101))
    assert cache.get("large") is None
    assert cache.get("small") == on_host("small", 100)


def test_without_a_device_only_the_host_bound_counts() -> None:
    cache = FeatureCache[Picture](0, 100)
    cache.put("a", on_host("a", 60))
    cache.put("b", on_host("b", 40))
    assert cache.cache_info().host_bytes == 100


def test_freeing_the_device_keeps_what_fits_into_host_memory() -> None:
    cache = FeatureCache[Picture](100, 60)
    cache.put("old", Picture("old", 50))
    cache.put("new", Picture("new", 50))
    cache.move_to_host()
    assert cache.get("old") is None
    assert cache.get("new") == on_host("new", 50)
    assert cache.cache_info().device_bytes == 0


def test_an_image_put_in_again_replaces_the_earlier_one() -> None:
    cache = FeatureCache[Picture](100, 100)
    cache.put("a", on_host("a", 60))
    cache.put("a", Picture("a", 60))
    info = cache.cache_info()
    assert (info.entries, info.device_bytes, info.host_bytes) == (1, 60, 0)


def test_features_in_use_outlive_their_place_in_the_cache() -> None:
    cache = FeatureCache[Picture](100, 0)
    cache.put("a", Picture("a", 100))
    in_use = cache.get("a")
    cache.put("b", Picture("b", 100))
    assert cache.get("a") is None
    assert in_use == Picture("a", 100)


def test_images_can_be_dropped_one_by_one_or_all_together() -> None:
    cache = FeatureCache[Picture](100, 100)
    for name in ("a", "b", "c"):
        cache.put(name, Picture(name, 10))
    cache.discard("a")
    cache.discard("never seen")
    assert cache.get("a") is None
    assert cache.get("b") is not None
    cache.clear()
    assert cache.cache_info().entries == 0


@pytest.mark.parametrize("bounds", [(-1, 0), (0, -1)])
def test_a_negative_bound_is_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="-1; give a number of bytes"):
        FeatureCache(*bounds)


def test_many_threads_at_once_never_break_the_bounds() -> None:
    cache = FeatureCache[Picture](50, 50)
    above: list[int] = []

    def work(seed: int) -> None:
        for i in range(300):
            name = str((seed * 7 + i * 13) % 17)
            if cache.get(name) is None:
                cache.put(name, Picture(name, 9))
            info = cache.cache_info()
            above.extend(n for n in (info.device_bytes, info.host_bytes) if n > 50)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    info = cache.cache_info()
    assert not above
    assert info.hits + info.misses == 6 * 300
    assert info.entries == 10, "nine bytes each: five fit into each memory"


KEYS = st.sampled_from("abcdefgh")
MAX_DEVICE, MAX_HOST = 30, 20


class CacheAgainstAPlainList(RuleBasedStateMachine):
    """The cache does what a list in order of use does, looked through by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = FeatureCache[Picture](MAX_DEVICE, MAX_HOST)
        self.pictures: list[Picture] = []  # least recently used first
        self.lookups = 0

    def held(self, place: str) -> int:
        return sum(p.nbytes for p in self.pictures if p.device.type == place)

    def take(self, name: str) -> Picture | None:
        for picture in self.pictures:
            if picture.name == name:
                self.pictures.remove(picture)
                return picture
        return None

    def settle(self, max_device: int) -> None:
        for at, picture in enumerate(self.pictures):
            if picture.device.type == "gpu" and picture.nbytes > max_device:
                self.pictures[at] = picture.to("cpu")
        while self.held("gpu") > max_device:
            at = next(i for i, p in enumerate(self.pictures) if p.device.type == "gpu")
            self.pictures[at] = self.pictures[at].to("cpu")
        self.pictures = [p for p in self.pictures if p.device.type == "gpu" or p.nbytes <= MAX_HOST]
        while self.held("cpu") > MAX_HOST:
            self.pictures.remove(next(p for p in self.pictures if p.device.type == "cpu"))

    @rule(name=KEYS, nbytes=st.integers(0, 40), place=st.sampled_from(["gpu", "cpu"]))
    def put(self, name: str, nbytes: int, place: str) -> None:
        picture = Picture(name, nbytes, Place(place))
        self.cache.put(name, picture)
        self.take(name)
        self.pictures.append(picture)
        self.settle(MAX_DEVICE)

    @rule(name=KEYS)
    def get(self, name: str) -> None:
        self.lookups += 1
        expected = self.take(name)
        if expected is not None:
            self.pictures.append(expected)
        assert self.cache.get(name) == expected

    @rule(name=KEYS)
    def discard(self, name: str) -> None:
        self.cache.discard(name)
        self.take(name)

    @precondition(lambda self: self.held("gpu") > 0)
    @rule()
    def move_to_host(self) -> None:
        self.cache.move_to_host()
        self.settle(0)

    @invariant()
    def the_same_is_held_within_the_bounds(self) -> None:
        info = self.cache.cache_info()
        assert info.device_bytes == self.held("gpu") <= MAX_DEVICE
        assert info.host_bytes == self.held("cpu") <= MAX_HOST
        assert info.entries == len(self.pictures)
        assert info.hits + info.misses == self.lookups


CacheAgainstAPlainList.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestCacheAgainstAPlainList = CacheAgainstAPlainList.TestCase
