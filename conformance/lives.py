"""The lives of the exports that a run starts: started, listed, got, complete or invalid, deleted, gone.

What one answer says of an export is held against what the answers before it said. What to do next is decided by the
probes; that a server may take a moment before it shows what it has done is allowed for here.
"""

from __future__ import annotations

import time
from typing import Final

from attrs import define, field

from conformance.cleaning import FINISHED, note_refusal
from conformance.collection import Export, identity
from conformance.exchange import Exchange, Request
from conformance.getting import GET, is_served
from conformance.run import Run

_STAGES: Final = {"NotStarted": 0, "InProgress": 1, "Complete": 2, "Invalid": 2}
_PATIENCE: Final = 5.0
"""Seconds within which what was done must show."""
_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 1.0
_LONGEST_WAIT: Final = 10.0


@define
class Life:
    """One export of the run.

    Attributes:
        id: Its id.
        status: The status that it was last seen in.
        deleted: Whether its deletion succeeded.
        gone: The places, list and Get, in which it was seen to be gone after its deletion.
        wrong: The places in which it was missing, or still there, for longer than there is patience for.
    """

    id: str
    status: str
    deleted: bool = False
    gone: set[str] = field(factory=set)
    wrong: set[str] = field(factory=set)

    @property
    def finished(self) -> bool:
        """Whether it has come to its end, and may be deleted."""
        return self.status in FINISHED

    def is_late(self, place: str, *, found: bool) -> bool:
        """Whether a place does not show yet what has become of it, and may be given time."""
        return found is self.deleted and place not in self.gone | self.wrong


@define
class Lives:
    """What a run has started so far."""

    run: Run
    every: list[Life] = field(factory=list)

    def start(self, kind: str) -> Life | None:
        """Start an export of a type; None where there are enough, or none came of it that is the run's own."""
        if not self.run.may_start:
            return None
        exchange = self.run.start(Request.to("createExport", body={"iModelId": self.run.scratch, "exportType": kind}))
        one = identity(exchange.export)
        if exchange.status != 202 or one not in self.run.endpoint.own:
            return None
        known = next((life for life in self.every if life.id == one and not life.deleted), None)
        if known:
            # Nobody says that what is asked for twice is made twice.
            return known
        life = Life(one, str(exchange.export.get("status")))
        self.every.append(life)
        return life

    def look_in_list(self) -> None:
        """Hold each export against the list."""
        end = time.monotonic() + _PATIENCE
        while True:
            exchange = self._list()
            found = {identity(export): export for export in exchange.exports}
            late = [life for life in self.every if life.is_late("list", found=life.id in found)]
            if not late or time.monotonic() > end or not exchange.is_list:
                break
            time.sleep(_PAUSE)
        if exchange.is_list:
            for life in self.every:
                self._hold(life, exchange, found.get(life.id), "list")

    def get(self, life: Life) -> None:
        """Hold an export against what Get says of it."""
        if not is_served(self.run):
            return
        end = time.monotonic() + _PATIENCE
        while True:
            exchange = self.run.send(Request.to(GET, id=life.id))
            if exchange.status not in (200, 404):
                return
            if not life.is_late("Get", found=exchange.status == 200) or time.monotonic() > end:
                break
            time.sleep(_PAUSE)
        self._hold(life, exchange, exchange.export or None, "Get")

    def finish(self, life: Life) -> None:
        """Wait until an export is complete or invalid, as long as there is patience."""
        end = time.monotonic() + _LONGEST_WAIT
        pause = _PAUSE
        while not (life.finished or life.deleted or life.wrong or self.run.slow):
            self.look_in_list()
            if time.monotonic() > end:
                self.run.slow = not life.finished
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)

    def delete(self, life: Life) -> None:
        """Delete an export that has come to its end, and see that it is alone in that."""
        if not life.finished or life.deleted:
            return
        before = self._ids()
        exchange = self.run.send(Request.to("deleteExport", id=life.id))
        if exchange.status != 204:
            note_refusal(self.run, exchange, life.status)
            return
        self.run.held("life-deleted")
        self.run.let_go(life.id)
        life.deleted = True
        lost = before - self._ids() - {life.id}
        if lost and not lost <= self._ids():
            self.run.broke("life-alone", exchange, f"the export {min(lost)} is gone as well")
        else:
            self.run.held("life-alone")

    def _list(self) -> Exchange:
        return self.run.send(self.run.scratch_list)

    def _ids(self) -> set[str]:
        """What is in the scratch iModel, which nobody else may use."""
        return set(self._list().ids)

    def _hold(self, life: Life, exchange: Exchange, found: Export | None, place: str) -> None:
        if life.deleted:
            self._hold_deleted(life, exchange, found, place)
        elif found is None:
            life.wrong.add(place)
            self.run.broke("life-listed" if place == "list" else "life-got", exchange, f"the export {life.id} is lost")
        else:
            self.run.held("life-listed" if place == "list" else "life-got")
            status = str(found.get("status"))
            if _goes_back(life.status, status):
                self.run.broke("life-forward", exchange, f"the export {life.id} was {life.status}, and is {status}")
            else:
                self.run.held("life-forward")
                life.status = status

    def _hold_deleted(self, life: Life, exchange: Exchange, found: Export | None, place: str) -> None:
        if found is None:
            life.gone.add(place)
            self.run.held("life-gone")
        else:
            life.wrong.add(place)
            what = "came back" if place in life.gone else "is still there"
            self.run.broke("life-gone", exchange, f"the export {life.id} is deleted, and {what} ({place})")


def _goes_back(before: str, now: str) -> bool:
    """Whether a status comes before another, or ends in another way; words that are not known say nothing."""
    if before not in _STAGES or now not in _STAGES or before == now:
        return False
    return _STAGES[now] <= _STAGES[before]
