"""`ActingLabelling`: a labelling with a method for everything a person can do and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.commands import (
    Act,
    AddClick,
    AddObject,
    DeleteClick,
    Erase,
    Import,
    Lock,
    MoveClick,
    Paint,
    PromptBox,
    Release,
    RemoveObject,
    Rename,
    Reset,
    SetAttribute,
    SetBound,
    SetColor,
    SetLabel,
    SetVisible,
    Unlock,
)
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.importing import MasksLike, imported_objects, replacing
from dynamite_widget.labelling import Labelling
from dynamite_widget.objects import AttributeValue, SegmentedObject
from dynamite_widget.regions import Points, Region


class ActingLabelling(Labelling):
    """What people do to one image and read of it; whatever needs the model waits for its answer."""

    @property
    def clicks(self) -> tuple[Click, ...]:
        """All clicks, in order of time; a click's place here is its index."""
        return self._view.state.clicks

    @property
    def label_map(self) -> NDArray[np.uint16]:
        """(H, W), 0 background, k object k; read-only, and never changed later.

        A label map that is set makes object k have the pixels k, exactly, as an imported object.
        Objects that it does not have go; those it does keep their labels, names and colours.
        """
        return self.settle().label_map

    @label_map.setter
    def label_map(self, label_map: NDArray[Any]) -> None:
        self._import_pixels(label_map)

    @property
    def masks(self) -> NDArray[np.bool_]:
        """(N, H, W), one plane for each of `objects`, in their order; read-only.

        Masks that are set become the objects' pixels, exactly, as those of imported objects; where
        they overlap, later ones lie on earlier ones. If their number is another than that of the
        objects, new objects take the place of all that were there.
        """
        return self.settle().masks

    @masks.setter
    def masks(self, masks: MasksLike) -> None:
        self._import_pixels(masks)

    @property
    def objects(self) -> tuple[SegmentedObject, ...]:
        """Every object, ids rising."""
        return self.settle().objects

    # What a person can do ------------------------------------------------------------------------

    def add_object(
        self,
        label: str | None = None,
        *,
        name: str = "",
        color: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> int:
        """Start a new object, if wanted from a box (x, y, width, height) that holds it.

        Returns:
            Its id: positive, never changed and never used again.
        """
        object_id = self.start_object(AddObject(label, name, color, attributes or {}, box=box))
        if box is not None:
            self.settle()
        return object_id

    def click(self, x: float, y: float, object_id: int = BACKGROUND) -> NDArray[np.uint16]:
        """Say that the pixel at (x, y) belongs to an object, or to the background.

        Returns:
            The new label map, (H, W) uint16, read-only.

        Raises:
            ValueError: if the point is outside the image, there is no such object, it is locked,
                or the pixel belongs to a locked object.
            Exception: whatever the segmenter raises; the click is then taken back.
        """
        return self._do(AddClick(Click(x, y, object_id)))

    def move_click(self, index: int, x: float, y: float) -> NDArray[np.uint16]:
        """Move the click at a time step to another pixel; return the new label map."""
        return self._do(MoveClick(index, x, y))

    def delete_click(self, index: int) -> NDArray[np.uint16]:
        """Take back the click at a time step; return the new label map."""
        return self._do(DeleteClick(index))

    def prompt_box(
        self, object_id: int, box: tuple[float, float, float, float]
    ) -> NDArray[np.uint16]:
        """Show where an object is by a box (x, y, width, height); return the new label map.

        The model gets a click in the middle, and may not put the object outside the box until
        somebody clicks it there.
        """
        return self._do(PromptBox(object_id, box))

    def set_bound(
        self, object_id: int, bound: tuple[float, float, float, float] | None
    ) -> NDArray[np.uint16]:
        """Keep the model from putting an object outside a box, or lift the bound with None."""
        return self._do(SetBound(object_id, bound))

    def brush(self, object_id: int, path: Points, radius: float) -> NDArray[np.uint16]:
        """Paint an object by hand along (x, y) points; return the new label map."""
        return self._do(Paint(object_id, Region.brush(path, radius, size=self.size)))

    def polygon(self, object_id: int, points: Points) -> NDArray[np.uint16]:
        """Paint a polygon or lasso by hand; return the new label map."""
        return self._do(Paint(object_id, Region.polygon(points, size=self.size)))

    def erase(self, path: Points, radius: float, object_id: int = BACKGROUND) -> NDArray[np.uint16]:
        """Erase by hand along (x, y) points one object, or any with 0; return the new label map."""
        return self._do(Erase(Region.brush(path, radius, size=self.size), object_id))

    def paint(self, object_id: int, mask: NDArray[Any]) -> NDArray[np.uint16]:
        """Paint by hand the pixels of a mask, (H, W); return the new label map."""
        return self._do(Paint(object_id, self._region_of(mask)))

    def release(self, mask: NDArray[Any]) -> NDArray[np.uint16]:
        """Give hand-drawn pixels of a mask, (H, W), back to the model; return the new label map."""
        return self._do(Release(self._region_of(mask)))

    def set_label(self, object_id: int, label: str | None) -> None:
        """Say what kind of thing an object is; None takes the label away."""
        self.apply(SetLabel(object_id, label))

    def rename(self, object_id: int, name: str) -> None:
        """Give an object a name of its own; "" takes it away."""
        self.apply(Rename(object_id, name))

    def set_color(self, object_id: int, color: str) -> None:
        """Draw an object in another colour, "#RRGGBB"."""
        self.apply(SetColor(object_id, color))

    def set_attribute(self, object_id: int, name: str, value: AttributeValue | None) -> None:
        """Note something about an object; it becomes a column of `to_frame`. None takes it away."""
        self.apply(SetAttribute(object_id, name, value))

    def set_visible(self, object_id: int, visible: bool) -> None:
        """Show an object on the screen, or hide it; its pixels stay."""
        self.apply(SetVisible(object_id, visible))

    def lock(self, object_id: int) -> None:
        """Freeze an object's pixels as they are now, whatever is clicked or drawn later."""
        self.settle()
        self.apply(Lock(object_id))

    def unlock(self, object_id: int) -> NDArray[np.uint16]:
        """Let an object follow its clicks again; return the new label map."""
        return self._do(Unlock(object_id))

    def remove_object(self, object_id: int) -> NDArray[np.uint16]:
        """Remove an object with its clicks and hand edits; return the new label map."""
        return self._do(RemoveObject(object_id))

    def reset(self) -> NDArray[np.uint16]:
        """Start over: remove all that is not locked, in one step; return the new label map."""
        return self._do(Reset())

    def undo(self) -> NDArray[np.uint16]:
        """Take back the last act; return the new label map. With nothing done, nothing happens."""
        self.step_back()
        return self.label_map

    def redo(self) -> NDArray[np.uint16]:
        """Do the act undone last once more; return the new label map."""
        self.step_forward()
        return self.label_map

    def import_annotations(self, annotations: Annotations) -> NDArray[np.uint16]:
        """Start over with objects from elsewhere, in one step; return the new label map.

        Their masks show exactly, later ones on earlier ones where they overlap. The first click on
        one refines it: the model answers for the surroundings of the click, all else stays.

        Args:
            annotations: as every reader in `dynamite_widget.formats` returns them.

        Raises:
            TypeError: if they are no `Annotations`, but the name of a file, for instance.
            ValueError: if they are of another size, an object here is locked, an id is no longer
                free, or a label is not one of the labels here.
        """
        return self._do(Import(imported_objects(annotations, size=self.size)))

    def _do(self, act: Act) -> NDArray[np.uint16]:
        self.apply(act)
        return self.label_map

    def _import_pixels(self, masks: MasksLike) -> None:
        self.apply(Import(replacing(masks, self._view.state, size=self.size)))

    def _region_of(self, mask: NDArray[Any]) -> Region:
        pixels = np.asarray(mask)
        if pixels.shape != self.size:
            raise ValueError(f"a mask here is {self.size}, not {pixels.shape}")
        return Region.from_array(pixels.astype(bool))
