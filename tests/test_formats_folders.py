"""No name that a file or a person gives leads out of a folder, on any system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.formats.folders import distinct_names, inside, one_a_line, safe_name


@pytest.mark.parametrize("name", ["a.png", "more/b.png", "..a.png", "ä ö.png", "a..b/c.png"])
def test_a_name_in_the_folder_is_taken_as_it_is(name: str, tmp_path: Path) -> None:
    assert inside(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/../../x", "a/../x", "/x", "..", ".", "", "a\0b"),
        *("\\x", "..\\x", "C:\\x", "C:x", "\\\\host\\x\\y"),
    ],
)
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside"):
        inside(tmp_path, name)


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "away").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="by a link"):
        inside(folder, "away/x.png")


@given(st.text())
def test_any_label_becomes_a_part_of_a_file_name(text: str) -> None:
    name = safe_name(text)
    assert not set(name) & set('/\\:*?"<>|.\n\t\0 ,')
    assert len(name) <= 80


@pytest.mark.parametrize("letter", ["a", "ß", "語", "𠮷"])
def test_of_two_long_names_a_file_name_can_be_made(letter: str, tmp_path: Path) -> None:
    name = safe_name(letter * 300)
    (tmp_path / f"{name}_mask_65535_{name}.png").touch()
    (tmp_path / f"{distinct_names([letter * 300])[0]}_pictures").mkdir()
    assert len(safe_name(letter * 27)) == 27


def test_what_can_stay_in_a_name_does() -> None:
    assert safe_name("Große Straße-7") == "Große_Straße-7"
    assert safe_name("<script>alert(1)</script>") == "script_alert_1_script"


@given(st.lists(st.text(min_size=1)))
def test_what_a_list_takes_comes_back_line_by_line(names: list[str]) -> None:
    kept = [name for name in names if name.splitlines() == [name]]
    assert one_a_line(kept, "x.txt").encode().decode().splitlines() == kept


@pytest.mark.parametrize("name", ["", "a\nb", "a\n", "\r", "a\u2028b", os.fsdecode(b"caf\xe9.png")])
def test_what_is_no_line_of_text_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"x\.txt has one name a line, in UTF-8, and cannot hold"):
        one_a_line(["good", name], "x.txt")
