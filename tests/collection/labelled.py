"""The size of the pictures that the stories of collections are about, and a way to label one."""

from __future__ import annotations

from dynamite_widget.collection import Collection

WIDTH, HEIGHT = 48, 32


def label(collection: Collection, x: int = 10) -> None:
    work = collection.session
    work.click(x, 10, work.add_object())
