"""The segmenter: what a person can rely on whichever network stands behind it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamite_widget import Click
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.segmenting import Answered, SupportsSegmentation
from tests.fake_network import FakeRecord, Gate, NearestClick


def photograph(height: int = 50, width: int = 80, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def make_segmenter(network: NearestClick | None = None, **options: object) -> Segmenter:
    return Segmenter(network or NearestClick(), FakeRecord(), device="cpu", **options)


def test_a_segmenter_has_the_two_verbs_that_sessions_and_benchmarks_ask_for() -> None:
    assert isinstance(make_segmenter(), SupportsSegmentation)


def test_two_objects_with_far_apart_ids_come_back_under_their_own_ids() -> None:
    segmenter = make_segmenter()
    features = segmenter.encode(photograph())
    label_map = segmenter.segment(features, [Click(70, 25, 65535), Click(10, 25, 7)])
    assert label_map.dtype == np.uint16
    assert label_map.shape == (50, 80)
    assert set(np.unique(label_map)) == {7, 65535}
    assert label_map[25, 12] == 7
    assert label_map[25, 68] == 65535


def test_no_clicks_or_only_background_clicks_leave_everything_background() -> None:
    network = NearestClick()
    segmenter = make_segmenter(network)
    features = segmenter.encode(photograph())
    for clicks in ([], [Click(3, 4), Click(5, 6)]):
        label_map = segmenter.segment(features, clicks)
        assert not label_map.any()
        assert label_map.shape == (50, 80)
    assert not network.journal.clicks, "the network was not even asked"


def test_the_network_sees_clicks_in_order_of_time_and_objects_in_order_of_their_first() -> None:
    network = NearestClick()
    segmenter = make_segmenter(network)
    features = segmenter.encode(photograph(48, 96))  # resized by 4/3, then by 96/128: as it is
    segmenter.segment(features, [Click(9.5, 3, 40), Click(1, 2), Click(8, 30, 5), Click(7, 6, 40)])
    (clicks,) = network.journal.clicks
    assert clicks.points.tolist() == [[3, 9.5], [2, 1], [30, 8], [6, 7]]
    assert clicks.points.dtype == torch.float32
    assert clicks.owner.tolist() == [0, -1, 1, 0]
    assert clicks.time.tolist() == [0, 1, 2, 3]


def test_the_network_sees_normalised_pixels_padded_with_zeros() -> None:
    network = NearestClick()
    image = photograph(50, 80)
    make_segmenter(network, short_side=None).encode(image)
    (pixels,) = network.journal.encoded
    assert pixels.shape == (1, 3, 64, 96)
    assert not pixels[..., 50:, :].any()
    assert not pixels[..., 80:].any()
    expected = (image - np.float32([100, 110, 120])) / np.float32([50, 60, 70])
    np.testing.assert_array_equal(pixels[0, :, :50, :80].permute(1, 2, 0), expected)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            Click,
            x=st.floats(0, 80, exclude_max=True, width=32),
            y=st.floats(0, 50, exclude_max=True, width=32),
            object_id=st.sampled_from([0, 1, 2, 900]),
        ),
        max_size=12,
    )
)
def test_a_clicked_pixel_always_carries_its_newest_clicks_id(clicks: list[Click]) -> None:
    segmenter = make_segmenter(NeverRight())
    label_map = segmenter.segment(segmenter.encode(photograph()), clicks)
    newest = {(int(c.y), int(c.x)): c.object_id for c in clicks}
    assert {pixel: label_map[pixel] for pixel in newest} == newest
    assert set(np.unique(label_map)) <= {0} | {c.object_id for c in clicks}


class NeverRight(NearestClick):
    """Gives everything to the background."""

    def segment(self, features, clicks, resized, original, previous=None) -> torch.Tensor:  # noqa: ANN001
        return torch.zeros(original, dtype=torch.int64)


@pytest.mark.parametrize(
    ("click", "words"),
    [
        (Click(80, 10, 1), "0 <= x < 80"),
        (Click(-0.1, 10, 1), "x=-0.1"),
        (Click(10, 50, 1), "0 <= y < 50"),
        (Click(float("nan"), 10, 1), "x=nan"),
        (Click(10, float("inf"), 1), "y=inf"),
        (Click(10, 10, 65536), "1 to 65535"),
        (Click(10, 10, -1), "object_id -1"),
        (Click(10, 10, 1.5), "object_id 1.5"),
    ],
)
def test_an_impossible_click_is_refused_and_says_what_is_allowed(click: Click, words: str) -> None:
    segmenter = make_segmenter()
    features = segmenter.encode(photograph())
    with pytest.raises(ValueError, match=words) as refusal:
        segmenter.segment(features, [Click(1, 1, 1), click])
    assert "clicks[1]" in str(refusal.value)


def test_something_that_is_no_click_is_refused() -> None:
    segmenter = make_segmenter()
    with pytest.raises(TypeError, match=r"clicks\[0\] is \(1, 2\)"):
        segmenter.segment(segmenter.encode(photograph()), [(1, 2)])


def test_features_of_another_segmenter_are_refused() -> None:
    features = make_segmenter().encode(photograph())
    with pytest.raises(ValueError, match="another Segmenter"):
        make_segmenter().segment(features, [Click(1, 1, 1)])


@pytest.mark.parametrize(
    "options", [{"short_side": 0}, {"short_side": True}, {"long_side": -5}, {"short_side": "big"}]
)
def test_an_impossible_size_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="positive integer"):
        make_segmenter(**options)


def test_a_device_that_is_not_here_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"device 'cuda:99' cannot be used .*cpu"):
        Segmenter(NearestClick(), FakeRecord(), device="cuda:99")
    with pytest.raises(ValueError, match="device 'toaster' cannot be used"):
        Segmenter(NearestClick(), FakeRecord(), device="toaster")


def test_an_image_is_encoded_once_however_it_comes_again() -> None:
    network = NearestClick()
    segmenter = make_segmenter(network)
    first = segmenter.encode(photograph())
    assert segmenter.encode(photograph().copy()) is first
    assert len(network.journal.encoded) == 1
    info = segmenter.cache_info()
    assert (info.hits, info.misses, info.entries) == (1, 1, 1)
    assert info.host_bytes == first.nbytes > 0


def test_an_array_changed_in_place_is_encoded_anew() -> None:
    segmenter = make_segmenter()
    image = photograph()
    before = segmenter.encode(image)
    image[3, 4] += 1
    after = segmenter.encode(image)
    assert after is not before
    assert before.key != after.key


def test_what_is_looked_at_closely_is_the_array_as_it_was_when_it_was_encoded() -> None:
    small = np.zeros((400, 500), np.uint16)
    small[80:100, 110:130] = 1
    seen = []
    for overwritten in (False, True):
        network = NearestClick()
        network.config.refiner = "one that sees small objects"
        segmenter = make_segmenter(network)
        image = photograph(400, 500)
        features = segmenter.encode(image)
        if overwritten:
            image[:] = 0
        segmenter.segment(features, [Click(120, 90, 1)], Answered(small, 0))
        seen.append(network.journal.encoded)
    assert len(seen[0]) == len(seen[1]) > 1, "a small object is looked at closely"
    for before, after in zip(*seen, strict=True):
        np.testing.assert_array_equal(before, after)


def test_an_image_turned_on_its_side_is_not_taken_for_the_other() -> None:
    segmenter = make_segmenter()
    image = photograph(40, 60)
    assert segmenter.encode(image).key != segmenter.encode(image.reshape(60, 40, 3)).key


def test_memory_stays_within_its_bound_and_can_be_given_back() -> None:
    segmenter = make_segmenter()
    one = segmenter.encode(photograph(seed=0)).nbytes
    segmenter = make_segmenter(cache_bytes_host=2 * one)
    features = [segmenter.encode(photograph(seed=seed)) for seed in range(3)]
    assert segmenter.cache_info().host_bytes == 2 * one
    label_map = segmenter.segment(features[0], [Click(1, 1, 1)])
    assert label_map.any(), "features that left the cache are still good"
    segmenter.forget(features[2])
    assert segmenter.cache_info().host_bytes == one


def test_threads_that_want_the_same_image_wait_for_one_encoding() -> None:
    gate = Gate()
    network = NearestClick(gate)
    segmenter = make_segmenter(network)
    with ThreadPoolExecutor(6) as threads:
        wanted = [threads.submit(segmenter.encode, photograph()) for _ in range(6)]
        assert gate.entered.wait(30)
        gate.opened.set()
        features = {id(w.result(30)) for w in wanted}
    assert len(features) == 1
    assert len(network.journal.encoded) == 1


def test_an_image_fetched_ahead_is_waited_for_and_not_computed_twice() -> None:
    gate = Gate()
    network = NearestClick(gate)
    segmenter = make_segmenter(network)
    ahead = segmenter.prefetch(photograph())
    assert gate.entered.wait(30)
    with ThreadPoolExecutor(1) as other:
        encoding = other.submit(segmenter.encode, photograph())
        gate.opened.set()
        assert encoding.result(30) is ahead.result(30)
    assert len(network.journal.encoded) == 1


def test_an_array_may_change_as_soon_as_it_is_on_the_list() -> None:
    gate = Gate()
    segmenter = make_segmenter(NearestClick(gate))
    segmenter.prefetch(photograph(seed=1))
    image = photograph(seed=2)
    ahead = segmenter.prefetch(image)
    image[:] = 0
    gate.opened.set()
    assert ahead.result(30) is segmenter.encode(photograph(seed=2))


def test_a_failed_prefetch_harms_nobody_and_tells_when_asked() -> None:
    segmenter = make_segmenter(NearestClick(before=Failing(times=1)))
    failed = segmenter.prefetch(photograph())
    with pytest.raises(RuntimeError, match="no such luck"):
        failed.result(30)
    assert segmenter.encode(photograph()).nbytes > 0


class Failing:
    """Raises for the first few times."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.times = times
        self.error = error or RuntimeError("no such luck")

    def __call__(self, verb: str) -> None:
        if self.times:
            self.times -= 1
            raise self.error

    def __deepcopy__(self, memo: dict[int, object]) -> Failing:
        return self


def test_answers_do_not_depend_on_how_many_threads_ask() -> None:
    segmenter = make_segmenter()
    jobs = [
        (photograph(seed=seed % 3), [Click(seed, 5, 1 + seed % 4), Click(79 - seed, 40, 9)])
        for seed in range(24)
    ]

    def answer(job: tuple[np.ndarray, list[Click]]) -> bytes:
        image, clicks = job
        return segmenter.segment(segmenter.encode(image), clicks).tobytes()

    expected = [answer(job) for job in jobs]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(answer, jobs)) == expected


def test_the_users_process_keeps_its_settings() -> None:
    def settings_now() -> tuple[object, ...]:
        return (
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_float32_matmul_precision(),
            torch.initial_seed(),
            threading.excepthook,
        )

    before = settings_now()
    segmenter = make_segmenter()
    segmenter.segment(segmenter.encode(photograph()), [Click(1, 1, 1)])
    assert settings_now() == before


# "meta" stands for a graphics card here: a device that is not the CPU and that every machine has.
FULL = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.filterwarnings("error")
def test_a_full_graphics_card_is_emptied_of_cached_images_and_asked_again() -> None:
    full = Failing(times=0, error=FULL)
    network = NearestClick(full)
    segmenter = Segmenter(network, FakeRecord(), device="meta")
    first = segmenter.encode(photograph(seed=0))
    assert segmenter.cache_info().device_bytes == first.nbytes
    full.times = 1
    second = segmenter.encode(photograph(seed=1))
    info = segmenter.cache_info()
    assert (info.host_bytes, info.device_bytes) == (first.nbytes, second.nbytes)
    assert network.journal.devices == ["meta", "meta"]


def test_where_that_is_not_enough_the_cpu_answers_with_a_warning() -> None:
    full = Failing(times=2, error=FULL)
    network = NearestClick(full)
    segmenter = Segmenter(network, FakeRecord(), device="meta")
    with pytest.warns(RuntimeWarning, match="meta is out of memory.*CPU") as warned:
        features = segmenter.encode(photograph())
    assert network.journal.devices == ["cpu"]
    full.times = 2
    with pytest.warns(RuntimeWarning, match="meta is out of memory"):
        label_map = segmenter.segment(features, [Click(10, 25, 1), Click(70, 25, 2)])
    assert set(np.unique(label_map)) == {1, 2}
    assert network.journal.devices == ["cpu", "cpu"]
    assert all(w.filename == __file__ for w in warned), "the warning points at the caller's line"


def test_the_next_image_is_tried_on_the_graphics_card_again() -> None:
    full = Failing(times=2, error=FULL)
    segmenter = Segmenter(NearestClick(full), FakeRecord(), device="meta")
    with pytest.warns(RuntimeWarning, match="out of memory"):
        segmenter.encode(photograph(seed=0))
    assert segmenter.encode(photograph(seed=1)).device.type == "meta"


def test_an_image_from_host_memory_goes_back_to_the_graphics_card_when_used() -> None:
    network = NearestClick()
    segmenter = Segmenter(
        network, FakeRecord(), device="meta", cache_bytes_device=100_000, cache_bytes_host=10**6
    )
    for seed in (0, 1):
        segmenter.encode(photograph(seed=seed))
    assert segmenter.cache_info().host_bytes == 73_728
    assert segmenter.encode(photograph(seed=0)).device.type == "meta"
    assert len(network.journal.encoded) == 2


def test_other_errors_of_the_network_are_not_hidden() -> None:
    segmenter = make_segmenter(NearestClick(Failing(times=1)))
    with pytest.raises(RuntimeError, match="no such luck"):
        segmenter.encode(photograph())


def test_features_are_shown_without_their_numbers() -> None:
    features = make_segmenter().encode(photograph())
    assert repr(features) == f"<Features of 80 x 50 pixels, {features.nbytes} bytes on cpu>"


def test_a_segmenter_says_what_it_is() -> None:
    assert repr(make_segmenter(short_side=None)) == (
        "Segmenter('nearest-click', device='cpu', short_side=None, long_side=96)"
    )
