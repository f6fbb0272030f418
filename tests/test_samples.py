"""Sample photographs open by name, and a wrong name says which there are."""

from __future__ import annotations

import pytest
from PIL import Image

from dynamite_widget import samples


@pytest.mark.parametrize("name", samples.NAMES)
def test_each_photograph_opens(name: str) -> None:
    with Image.open(samples.path(name)) as photograph:
        assert photograph.mode == "RGB"
        assert min(photograph.size) >= 300


def test_a_wrong_name_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"'tea.jpg'; choose one of chelsea.jpg, coffee.jpg"):
        samples.path("tea.jpg")
