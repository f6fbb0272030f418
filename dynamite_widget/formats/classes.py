"""Labels as numbered classes, for formats that keep a list of classes beside the masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.coco import UNLABELLED


def classes_of(images: Iterable[Annotations], there: Iterable[str] = ()) -> tuple[str, ...]:
    """List the classes of images: labels to choose from, further ones, and "object" where needed.

    An object without a label has the class "object", and comes back with that label.

    Args:
        images: all that share the list.
        there: classes that have their numbers already; they come first.
    """
    found: dict[str, None] = dict.fromkeys(there)
    for each in images:
        found |= dict.fromkeys(each.used_labels)
        if None in each.labels:
            found[UNLABELLED] = None
    return tuple(found)


def class_numbers(annotations: Annotations, classes: Sequence[str]) -> list[int]:
    """Return the number of each object's class, from 0.

    Raises:
        ValueError: if a label is not in the list, or something stands there twice.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    if len(numbers) != len(classes):
        raise ValueError(f"a class stands twice in {list(classes)}")
    wanted = [UNLABELLED if label is None else label for label in annotations.labels]
    if missing := sorted(set(wanted) - set(numbers)):
        raise ValueError(f"the classes {list(classes)} lack {missing}, which objects have")
    return [numbers[name] for name in wanted]
