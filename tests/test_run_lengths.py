"""Label maps survive the way to the browser, and broken bytes are refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from dynamite_widget import run_lengths
from dynamite_widget.run_lengths import Runs

# Few labels make long runs, all of them make label bytes matter.
LABELS = st.one_of(st.integers(0, 2), st.integers(0, 300), st.integers(0, 65535))
LABEL_MAPS = arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=LABELS)

MAP = np.array([[0, 0, 7, 7], [7, 1, 1, 0]], np.uint16)


@given(LABEL_MAPS)
def test_every_label_map_comes_back_as_it_was(label_map: NDArray[np.uint16]) -> None:
    back = run_lengths.decode(run_lengths.encode(label_map))
    np.testing.assert_array_equal(back, label_map)
    assert back.dtype == np.uint16
    assert back.flags.writeable


@given(LABEL_MAPS)
def test_every_label_map_comes_back_from_the_wire_as_it_was(label_map: NDArray[np.uint16]) -> None:
    back = run_lengths.decode(Runs.of(label_map).pack())
    np.testing.assert_array_equal(back, label_map)


def test_on_the_wire_a_map_of_many_round_objects_takes_a_byte_a_run_at_most() -> None:
    rows, columns = np.indices((384, 512))
    inside = np.hypot(rows % 32 - 16, columns % 32 - 16) < 12
    runs = Runs.of(inside * (1 + rows // 32 * 16 + columns // 32))
    assert len(runs.pack()) < len(runs.starts)


@given(LABEL_MAPS, st.data())
def test_cut_or_overlong_bytes_from_the_wire_are_refused(
    label_map: NDArray[np.uint16], data: st.DataObject
) -> None:
    packed = Runs.of(label_map).pack()
    cut = data.draw(st.integers(0, len(packed) - 1))
    for wrong in (packed[:cut], packed + b"\0"):
        with pytest.raises(ValueError, match="bytes"):
            run_lengths.decode(wrong)


def test_lengths_from_the_wire_that_do_not_fill_the_map_are_refused() -> None:
    packed = bytearray(Runs.of(MAP).pack())
    struct.pack_into("<I", packed, 4, 3)
    with pytest.raises(ValueError, match="runs have 12 pixels together, not 8"):
        run_lengths.decode(bytes(packed))


@given(LABEL_MAPS)
def test_no_bytes_are_spent_on_runs_that_could_be_longer(label_map: NDArray[np.uint16]) -> None:
    flat = label_map.ravel()
    runs = 1 + np.count_nonzero(np.diff(flat))
    label_bytes = 1 if flat.max() < 256 else 2
    assert len(run_lengths.encode(label_map)) == 20 + runs * (4 + label_bytes)


def test_the_layout_is_the_one_that_javascript_reads() -> None:
    header = struct.pack("<5I", 1, 2, 4, 4, 1)
    starts = struct.pack("<4I", 0, 2, 5, 7)
    assert run_lengths.encode(MAP) == header + starts + bytes([0, 7, 1, 0])


def test_labels_above_255_take_two_little_endian_bytes() -> None:
    header = struct.pack("<5I", 1, 1, 2, 2, 2)
    encoded = run_lengths.encode(np.array([[258, 1]]))
    assert encoded == header + struct.pack("<2I", 0, 1) + bytes([2, 1, 1, 0])


def test_maps_of_any_memory_order_and_whole_number_are_written() -> None:
    expected = run_lengths.encode(MAP)
    assert run_lengths.encode(np.asfortranarray(MAP)) == expected
    assert run_lengths.encode(MAP.astype(np.int64)) == expected
    assert run_lengths.encode(np.kron(MAP, np.ones((2, 2), int))[::2, ::2]) == expected


def test_views_into_larger_messages_are_read() -> None:
    message = b"abc" + run_lengths.encode(MAP) + b"xyz"
    np.testing.assert_array_equal(run_lengths.decode(memoryview(message)[3:-3]), MAP)


@pytest.mark.parametrize("wrong", [np.zeros((0, 3)), np.zeros(3), np.full((1, 1), -1), [[70000]]])
def test_what_is_no_label_map_is_not_written(wrong: NDArray[np.integer]) -> None:
    with pytest.raises(ValueError, match="label"):
        run_lengths.encode(np.asarray(wrong).astype(np.int64))


@given(LABEL_MAPS, st.data())
def test_cut_or_overlong_bytes_are_refused(
    label_map: NDArray[np.uint16], data: st.DataObject
) -> None:
    encoded = run_lengths.encode(label_map)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for wrong in (encoded[:cut], encoded + b"\0"):
        with pytest.raises(ValueError, match="bytes"):
            run_lengths.decode(wrong)


@given(st.binary(max_size=80))
def test_junk_is_refused_or_is_a_label_map(junk: bytes) -> None:
    try:
        label_map = run_lengths.decode(junk)
    except ValueError:
        return
    assert label_map.ndim == 2


def changed(position: int, value: int) -> bytes:
    encoded = bytearray(run_lengths.encode(MAP))
    struct.pack_into("<I", encoded, position, value)
    return bytes(encoded)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (changed(0, 3), "versions 1 and 2 are understood, not 3"),
        (changed(4, 0), "pixels"),
        (changed(4, 2**31), "pixels"),
        (changed(12, 0), "as many runs, not 0"),
        (changed(12, 3), "bytes"),
        (changed(12, 2**32 - 1), "as many runs, not 4294967295"),
        (changed(16, 4), "1 or 2 bytes"),
        (changed(20, 1), "rise strictly"),
        (changed(24, 0), "rise strictly"),
        (changed(24, 6), "rise strictly"),
        (changed(32, 8), "rise strictly"),
        (changed(32, 2**32 - 1), "rise strictly"),
    ],
)
def test_bytes_that_contradict_themselves_are_refused(broken: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run_lengths.decode(broken)


def test_a_header_that_claims_a_huge_map_costs_no_memory() -> None:
    lie = struct.pack("<6IB", 1, 46340, 46340, 1, 1, 0, 0)
    with pytest.raises(ValueError, match="pixels"):
        run_lengths.decode(lie)


def test_a_reader_may_insist_on_a_size() -> None:
    runs = Runs.from_bytes(run_lengths.encode(MAP), size=(2, 4))
    np.testing.assert_array_equal(runs.to_array(), MAP)
    with pytest.raises(ValueError, match=r"\(4, 2\) is wanted"):
        Runs.from_bytes(run_lengths.encode(MAP), size=(4, 2))


@given(LABEL_MAPS, st.lists(st.integers(0, 65535), max_size=5))
def test_labels_may_be_replaced_on_the_way(label_map: NDArray[np.uint16], gone: list[int]) -> None:
    kept = np.arange(65536, dtype=np.uint16)
    kept[gone] = 0
    replaced = Runs.of(label_map).to_array(kept)
    np.testing.assert_array_equal(replaced, np.where(np.isin(label_map, gone), 0, label_map))


@given(arrays(np.uint16, (4, 9), elements=LABELS), arrays(np.uint16, (4, 9), elements=LABELS))
def test_runs_tell_which_labels_differ(one: NDArray[np.uint16], two: NDArray[np.uint16]) -> None:
    differs = one != two
    expected = {*one[differs].tolist(), *two[differs].tolist()}
    assert Runs.of(one).labels_differing(Runs.of(two)) == expected
    assert Runs.of(one).labels_differing(Runs.of(one)) == set()
