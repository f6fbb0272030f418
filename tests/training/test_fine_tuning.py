"""A few labelled images make a model better, or the report says that they did not."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch

from dynamite_widget import cli
from dynamite_widget.clicks import Click
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.models.safe_reading import read_tensors
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.session import Session
from dynamite_widget.training import FineTuning, fine_tune, fine_tuning
from dynamite_widget.training.held_out import Scores, check_apart, hold_out
from dynamite_widget.training.loop import Machine
from dynamite_widget.training.own_labels import open_labels
from dynamite_widget.training.progress import Progress
from tests.training.conftest import picture, small
from tests.training.test_own_labels import labelled


def test_a_coco_file_becomes_weights_that_load(
    coco_folder: Path, untrained: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    result = fine_tune(
        coco_folder / "labels.coco.json",
        images=coco_folder / "images",
        init=untrained,
        out=tmp_path / "my.safetensors",
        steps=2,
        settings=small,
        progress=seen.append,
    )
    assert [progress.step for progress in seen] == [1, 2]
    assert len(result.held_out) == 1
    assert result.before.objects == result.after.objects == 2
    segmenter = Segmenter.load("dynamite-lite", checkpoint=result.weights, device="cpu")
    assert (segmenter.short_side, segmenter.long_side) == (64, 96)
    image, _ = picture(0)
    assert segmenter.segment(segmenter.encode(image), [Click(25, 30, 1)])[30, 25] == 1
    before, after = (read_tensors(path)[0] for path in (untrained, result.weights))
    name = "interactive_transformer.query_embed"
    assert not torch.equal(before[name].half(), after[name])


def tuned_a_little(sessions: Session | list[Session], untrained: Path, folder: Path) -> FineTuning:
    return fine_tune(
        sessions,
        validate=labelled(2),
        init=untrained,
        out=folder / "my.safetensors",
        steps=1,
        settings=small,
        progress=False,
    )


def test_sessions_are_learned_from(untrained: Path, tmp_path: Path) -> None:
    result = tuned_a_little([labelled(0), labelled(1)], untrained, tmp_path)
    assert result.held_out == ("session 1",)
    assert result.weights.is_file()


def test_objects_of_any_id_are_learned_from(untrained: Path, tmp_path: Path) -> None:
    image, masks = picture(0)
    label_map = np.select([masks["disc"], masks["square"]], [40_000, 65_535]).astype(np.uint16)
    session = Session.from_annotations(image, Annotations.of_label_map(label_map))
    assert [each.id for each in session.objects] == [40_000, 65_535]
    assert tuned_a_little(session, untrained, tmp_path).steps == 1


def test_the_command_tells_before_and_after(
    coco_folder: Path, untrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "my.safetensors"
    options = ["--steps=1", "--crop=96", "--batch=2", "--points=128", "--rounds=0", "--device=cpu"]
    data = ["--data", str(coco_folder / "labels.coco.json"), "--images"]
    data += [str(coco_folder / "images"), "--init", str(untrained), "--out", str(out)]
    assert cli.main(["train", *data, *options]) == 0
    told = capsys.readouterr()
    assert "IoU after 1 click " in told.out
    assert "NoC@85" in told.out
    assert ("Better" in told.out) != ("NOT BETTER" in told.out)
    assert f'Segmenter.load("dynamite-lite", checkpoint="{out}")' in told.out
    assert "loss" in told.err
    assert cli.main(["train", *data, *options]) == 2
    assert "file is there already" in capsys.readouterr().err


def test_the_command_teaches_the_refiner_alone(
    coco_folder: Path, untrained: Path, tmp_path: Path
) -> None:
    out = tmp_path / "my.safetensors"
    options = ["--steps=1", "--crop=96", "--batch=2", "--points=128", "--rounds=0", "--device=cpu"]
    data = ["--data", str(coco_folder / "labels.coco.json"), "--images"]
    data += [str(coco_folder / "images"), "--init", str(untrained), "--out", str(out)]
    learn = ["--learn", "refiner", "--batch-norm", "all"]
    assert cli.main(["train", *data, *options, *learn]) == 0
    before, after = (read_tensors(path)[0] for path in (untrained, out))
    changed = {name for name, value in before.items() if not torch.equal(value.half(), after[name])}
    assert {name.split(".")[0] for name in changed} == {"refiner"}


def scores(iou: float) -> Scores:
    return Scores(objects=4, ious=(iou, iou, iou), noc=3.0, failures=0)


@pytest.mark.parametrize(("after", "words"), [(0.8, "Better on"), (0.6, "NOT BETTER on")])
def test_the_verdict_is_plain(after: float, words: str) -> None:
    result = FineTuning(
        Path("a.safetensors"), "dynamite-lite", ("x",), scores(0.7), scores(after), 9
    )
    assert result.improved == (after > 0.7)
    assert words in str(result)
    assert f"0.700 before, {after:.3f} after" in str(result)
    assert list(result.to_frame().index) == ["before", "after"]


def test_a_fifth_of_the_images_is_held_out(coco_folder: Path) -> None:
    images = open_labels(coco_folder / "labels.coco.json", coco_folder / "images") * 4
    trained, held_out = hold_out(images, seed=0)
    assert (len(trained), len(held_out)) == (16, 4)
    with pytest.raises(ValueError, match="there is 1 labelled image"):
        hold_out(images[:1], seed=0)


def test_label_maps_of_one_photograph_stay_together(photograph_folder: Path) -> None:
    manifest = photograph_folder / "manifest.csv"
    first, *rows = manifest.read_text().splitlines()
    manifest.write_text("\n".join([first, *rows, *rows]))
    trained, held_out = hold_out(open_labels(photograph_folder), seed=1)
    assert (len(trained), len(held_out)) == (10, 2)
    assert not {image.name for image in trained} & {image.name for image in held_out}


def test_what_is_trained_on_is_not_measured_on(untrained: Path, tmp_path: Path) -> None:
    session = labelled(2)
    with pytest.raises(ValueError, match="there is 1 labelled image"):
        fine_tune([session, session], init=untrained, out=tmp_path / "my.safetensors")
    with pytest.raises(ValueError, match="1 of the images to validate on are trained on as well"):
        tuned_a_little([labelled(0), session], untrained, tmp_path)


def test_a_photograph_is_one_however_its_path_is_written(
    coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(coco_folder / "images")
    near = open_labels(coco_folder / "labels.coco.json", Path())
    far = open_labels(coco_folder / "labels.coco.json", coco_folder / "images")
    with pytest.raises(ValueError, match="of the images to validate on are trained on as well"):
        check_apart(near, far)
    assert {image.photograph for image in near} == {image.photograph for image in far}


def test_images_of_which_no_scene_comes_are_told_before_anything_is_measured(
    untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixel = np.zeros((72, 96), bool)
    pixel[5, 5] = True
    sessions = [Session(picture(number)[0]) for number in range(2)]
    for session in sessions:
        session.paint(session.add_object(), pixel)
    monkeypatch.setattr(fine_tuning, "measure", lambda *_: pytest.fail("measured"))
    with pytest.raises(ValueError, match="no scene came of"):
        fine_tune(
            sessions,
            init=untrained,
            out=tmp_path / "my.safetensors",
            settings=small,
            progress=False,
        )


def test_an_interrupted_run_leaves_the_old_file(
    coco_folder: Path, untrained: Path, tmp_path: Path
) -> None:
    out = tmp_path / "my.safetensors"
    out.write_bytes(b"precious")

    def stop(_: Progress) -> NoReturn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(
            coco_folder / "labels.coco.json",
            images=coco_folder / "images",
            init=untrained,
            out=out,
            steps=2,
            settings=small,
            progress=stop,
            overwrite=True,
        )
    assert out.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["my.safetensors"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"out": "my.pth"}, r"end in \.safetensors"),
        ({"out": "nowhere/my.safetensors"}, "no folder"),
        ({"init": "dynamite-large"}, "neither a model's name"),
        ({"init": "dynamite-swin-tiny"}, "do not come with this package"),
        ({"steps": 0}, "must be more than 0"),
        ({"machine": Machine(stop_minutes=1)}, "give minutes"),
        ({"machine": Machine(compiled=True)}, "are for `train`"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    changed: dict[str, object],
    words: str,
    coco_folder: Path,
    untrained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = {"out": "my.safetensors", "init": untrained, "images": coco_folder / "images"}
    with pytest.raises(ValueError, match=words):
        fine_tune(coco_folder / "labels.coco.json", **asked | changed)  # type: ignore[arg-type]
    assert not Path("my.safetensors").exists()
