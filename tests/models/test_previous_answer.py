"""An answer goes on from the one before: what the refiner is told of it, where it looks then."""

from __future__ import annotations

import torch
from hypothesis import given as given_any
from hypothesis import strategies as st
from torch import Tensor

from dynamite_widget.models import refining
from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, PADDING_OWNER, ClickTensors
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.previous_answer import PreviousAnswer, PreviousCues, previous_cues
from dynamite_widget.models.refiner import Cues
from dynamite_widget.models.windows import Window

MUG, PLATE, SPOON = 0, 1, 2
HEIGHT, WIDTH = 16, 24

SHOWN = torch.zeros(1, HEIGHT, WIDTH, dtype=torch.int64)
SHOWN[0, 4:10, 4:10] = 1 + MUG
SHOWN[0, 4:10, 14:20] = 1 + PLATE


def clicks(*made: tuple[int, int, int]) -> tuple[ClickTensors, Tensor]:
    """Clicks of (owner, row, column) in cells, one a time step; and their places in cells."""
    owner = torch.tensor([[owner for owner, _, _ in made]])
    points = torch.tensor([[(float(y), float(x)) for _, y, x in made]])
    return ClickTensors(4 * points + 1.5, owner, torch.arange(len(made))[None]), points


def test_an_object_sees_its_mask_and_the_clicks_made_since() -> None:
    given, points = clicks((MUG, 6, 6), (PLATE, 6, 16), (MUG, 12, 6))
    told = previous_cues(PreviousAnswer(SHOWN, since=2), given, points, objects=2)
    assert torch.equal(told.mask[0, MUG] > 0, SHOWN[0] == 1 + MUG)
    assert torch.equal(told.mask[0, MUG] < 0, SHOWN[0] != 1 + MUG)
    assert told.near[0, MUG, 0, 12, 6] == 0
    assert told.near[0, MUG, 0, 12, 9] == -9
    assert (told.near[0, MUG, 1] == float("-inf")).all(), "nobody else was clicked since"
    assert told.near[0, PLATE, 1, 12, 6] == 0, "to the plate it is a click on another one"
    assert (told.near[0, PLATE, 0] == float("-inf")).all()


def test_a_new_object_hears_nothing_and_a_click_on_the_background_is_against_all() -> None:
    given, points = clicks((MUG, 6, 6), (PLATE, 6, 16), (SPOON, 13, 13), (BACKGROUND_OWNER, 9, 9))
    told = previous_cues(PreviousAnswer(SHOWN, since=2), given, points, objects=3)
    assert (told.mask[0, SPOON] == 0).all()
    assert (told.near[0, SPOON] == float("-inf")).all()
    for index in (MUG, PLATE):
        assert told.near[0, index, 1, 9, 9] == 0
        assert told.near[0, index, 1, 13, 13] == 0


def test_each_image_of_a_batch_has_its_own_new_clicks() -> None:
    given, points = clicks((MUG, 6, 6), (MUG, 12, 6))
    told = previous_cues(
        PreviousAnswer(SHOWN.repeat(2, 1, 1), since=torch.tensor([[1], [2]])),
        ClickTensors(
            given.points.repeat(2, 1, 1), given.owner.repeat(2, 1), given.time.repeat(2, 1)
        ),
        points.repeat(2, 1, 1),
        objects=2,
    )
    assert told.near[0, MUG, 0, 12, 6] == 0
    assert (told.near[1, MUG, 0] == float("-inf")).all(), "both had been answered there"


def test_padding_of_a_batch_is_no_click_and_who_shall_not_be_told_is_not() -> None:
    given, points = clicks((MUG, 6, 6), (PLATE, 6, 16), (PADDING_OWNER, 0, 0))
    shall = torch.tensor([[False, True]])
    told = previous_cues(PreviousAnswer(SHOWN, since=2, told=shall), given, points, objects=2)
    assert (told.mask[0, MUG] == 0).all()
    assert (told.mask[0, PLATE] != 0).all()
    assert (told.near == float("-inf")).all()


@given_any(st.integers(0, 2**32 - 1))
def test_images_of_a_batch_hear_what_each_would_alone(seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)

    def drawn(low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high, shape, generator=chance)

    owner, points = drawn(PADDING_OWNER, 3, 3, 5), drawn(0, 16, 3, 5, 2).float()
    made = ClickTensors(4 * points + 1.5, owner, drawn(0, 3, 3, 5))
    shown = PreviousAnswer(drawn(0, 4, 3, 16, 16), since=1)
    together = previous_cues(shown, made, points, objects=3)
    for b in range(3):
        own = ClickTensors(*(x[b : b + 1] for x in (made.points, made.owner, made.time)))
        answer = PreviousAnswer(shown.labels[b : b + 1], since=1)
        alone = previous_cues(answer, own, points[b : b + 1], objects=3)
        assert torch.equal(together.mask[b : b + 1], alone.mask)
        assert torch.equal(together.near[b : b + 1], alone.near)
        for q in range(5):
            y, x = points[b, q].long().tolist()
            if (
                owner[b, q] >= 0
                and made.time[b, q] >= 1
                and (alone.mask[0, owner[b, q]] != 0).all()
            ):
                assert alone.near[0, owner[b, q], 0, y, x] == 0, "its own new click"


@torch.inference_mode()
def test_a_network_that_has_not_learned_to_use_it_answers_as_without_it() -> None:
    torch.manual_seed(0)
    network = DynaMITe(LITE).eval()
    torch.nn.init.normal_(network.refiner.correction.weight)
    features = network.encode(torch.randn(1, 3, 64, 96))
    points = torch.tensor([[26.0, 26.0], [26.0, 66.0], [50.0, 26.0]])
    given = ClickTensors(points, torch.tensor([MUG, PLATE, MUG]), torch.arange(3))
    size = (64, 96)
    alone = network.segment(features, given, size, size)
    told = network.segment(features, given, size, size, PreviousAnswer(SHOWN, since=2))
    assert torch.equal(told, alone)
    torch.nn.init.normal_(network.refiner.previous4.weight)
    told = network.segment(features, given, size, size, PreviousAnswer(SHOWN, since=2))
    assert not torch.equal(told, alone)


@torch.inference_mode()
def test_who_was_not_clicked_since_is_refined_where_it_was() -> None:
    network = DynaMITe(LITE).eval()
    memory = network.encode(torch.randn(1, 3, 256, 384)).refiner
    assert memory is not None
    own = torch.full((1, 4, 64, 96), -9.0)
    mask = torch.full((1, 4, 64, 96), -1.0)
    near = torch.full((1, 4, 2, 64, 96), float("-inf"))
    for index, left in enumerate((4, 28, 52)):
        own[0, index, 8:56, left : left + 40] = 5.0  # they are ahead in far more than they had
        mask[0, index, 8:24, left : left + 16] = 1.0
    mask[0, 3] = -1.0  # this one lost all of its pixels, but not its click
    clicked = torch.full((1, 4, 2, 64, 96), -1e4)
    clicked[0, 3, 0, 50, 90] = 0.0
    near[0, 0, 0] = -100.0  # and the first one has just been clicked
    cues = Cues(own, torch.zeros_like(own), clicked, clicked, PreviousCues(mask, near))
    windows = refining.find_windows(network.refiner, memory, cues, torch.zeros(1, 1, 64, 96))
    of: dict[int, list[Window]] = {index: [] for index in range(4)}
    for window in windows:
        of[window.index].append(window)
    assert [window.size for window in of[0]] == [(64, 96)]
    for index, left in ((1, 28), (2, 52)):
        (window,) = of[index]
        assert window.top <= 8 - 2
        assert window.left <= left - 2
        assert window.size[0] < 48
    (window,) = of[3]
    assert window.top <= 50 < window.top + window.size[0]
    assert window.left <= 90 < window.left + window.size[1]
