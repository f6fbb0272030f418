"""Carries out what a screen asks for: each request becomes acts of the session."""

from __future__ import annotations

import threading

from dynamite_widget import commands, protocol
from dynamite_widget.answering import Snapshot
from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.commands import Act
from dynamite_widget.commands.checking import checked_choice
from dynamite_widget.regions import Region
from dynamite_widget.session import Session
from dynamite_widget.state import State


class ScreenRequests:
    """What a session is asked by screens, and which object they have chosen.

    Requests are carried out one after the other, in the order in which they come; none waits for
    the model.

    Args:
        session: what is labelled.

    Attributes:
        active: the object that clicks belong to; None where the next click starts a new one. It is
            the newest object that came, and none after it went.
        next_label: the label of objects that screens start.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.RLock()
        self._known = set(session.view.state.objects)
        self.active: int | None = None
        self.next_label = session.labels[0] if session.labels else None

    def follow(self) -> None:
        """Take note of the objects that have come and gone, whoever caused it."""
        with self._lock:
            objects = set(self._session.view.state.objects)
            new = objects - self._known
            if new:
                self.active = max(new)
            elif self.active not in objects:
                self.active = None
            self._known = objects

    def carry_out(self, request: protocol.Request) -> None:
        """Do what a screen asks for, without waiting for the model.

        Raises:
            ValueError, TypeError: if it names what is not there or asks what is not allowed; the
                session stays as it was.
        """
        with self._lock:
            self._carry_out(request)

    def expected(self, press: protocol.Press) -> Snapshot | None:
        """Return what a press asks the model if a click comes of it; None if that is nothing."""
        with self._lock:
            return self._session.expected(self._click(press.x, press.y, press.object_id))

    def _carry_out(self, request: protocol.Request) -> None:
        session = self._session
        match request:
            case protocol.AddClick(x, y, object_id):
                session.apply(self._click(x, y, object_id))
            case protocol.MoveClick(index, at, x, y):
                session.apply(commands.MoveClick(self._click_at(index, at), x, y))
            case protocol.DeleteClick(index, at):
                session.apply(commands.DeleteClick(self._click_at(index, at)))
            case protocol.AddObject():
                self.active = None  # acts that follow a refused one are not the last object's
                session.apply(commands.AddObject(self.next_label))
            case protocol.PromptBox(None, box) if self.active is None:
                session.apply(commands.AddObject(self.next_label, box=box))
            case protocol.PromptBox(object_id, box):
                session.apply(commands.PromptBox(self._meant(object_id), box))
            case protocol.SetBound(object_id, bound):
                session.apply(commands.SetBound(object_id, bound))
            case (
                protocol.RemoveObject(None)
                | protocol.Rename(None, _)
                | protocol.SetVisible(None, _)
                | protocol.Lock(None)
                | protocol.Unlock(None)
            ) if self.active is None:
                pass  # there is nothing that it could be about
            case protocol.RemoveObject(object_id) if object_id and object_id not in self._known:
                pass  # it went by an act that the view had not heard of
            case protocol.RemoveObject(object_id):
                session.apply(commands.RemoveObject(self._meant(object_id)))
            case protocol.Activate(object_id):
                self._activate(object_id)
            case protocol.SetLabel(None, label) if self.active is None:
                self.next_label = checked_choice(label, session.labels)
            case protocol.SetLabel(object_id, label):
                session.apply(commands.SetLabel(self._meant(object_id), label))
                self.next_label = label
            case protocol.Rename(object_id, name):
                session.apply(commands.Rename(self._meant(object_id), name))
            case protocol.SetColor(object_id, color):
                session.apply(commands.SetColor(object_id, color))
            case protocol.SetAttribute(object_id, name, value):
                session.apply(commands.SetAttribute(object_id, name, value))
            case protocol.SetVisible(object_id, visible):
                session.apply(commands.SetVisible(self._meant(object_id), visible))
            case protocol.Lock(object_id):
                self._lock_object(self._meant(object_id), True)
            case protocol.Unlock(object_id):
                self._lock_object(self._meant(object_id), False)
            case protocol.Brush(object_id, path, radius):
                self._paint(object_id, Region.brush(path, radius, size=session.size))
            case protocol.Erase(object_id, path, radius):
                region = Region.brush(path, radius, size=session.size)
                erased = self.active if object_id is None else object_id
                session.apply(commands.Erase(region, BACKGROUND if erased is None else erased))
            case protocol.Polygon(object_id, points):
                self._paint(object_id, Region.polygon(points, size=session.size))
            case protocol.Undo():
                session.step_back()
            case protocol.Redo():
                session.step_forward()
            case protocol.Reset():
                session.apply(commands.Reset())

    def _click(self, x: float, y: float, object_id: int | None) -> Act:
        owner = self.active if object_id is None else object_id
        if owner is None:
            return commands.AddObject(self.next_label, at=(x, y))
        return commands.AddClick(Click(x, y, owner))

    def _activate(self, object_id: int | None) -> None:
        if object_id is not None:
            self._state.record(object_id)
        self.active = object_id

    def _meant(self, object_id: int | None) -> int:
        """The object named, else the active one; the background where there is none."""
        return object_id or self.active or BACKGROUND

    def _lock_object(self, object_id: int, locked: bool) -> None:
        if self._state.record(object_id).locked != locked:  # another view may have been quicker
            act = commands.Lock if locked else commands.Unlock
            self._session.apply(act(object_id))

    def _paint(self, object_id: int | None, region: Region) -> None:
        """Give pixels to the object named, the active one, or a new one; no pixels are no act."""
        drawn = object_id or self.active
        if not region.area:
            return
        if drawn is None:
            self._session.apply(commands.AddObject(self.next_label, region=region))
        else:
            self._session.apply(commands.Paint(drawn, region))

    def _click_at(self, index: int, at: protocol.PointRow) -> int:
        """The time step of a click: others may have come or gone since a view drew them."""
        there = [i for i, click in enumerate(self._state.clicks) if (click.x, click.y) == at]
        if not there:
            raise ValueError(f"the click at {at} is no longer there; nothing was changed")
        return min(there, key=lambda i: abs(i - index))

    @property
    def _state(self) -> State:
        return self._session.view.state
