"""Faults of the life of an export that was started: lost, resurrected, twice, taking others with it, going back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ..answers import refusal
from ..model import Answer, Problem
from ..single import named
from .tools import Change, Fault, performed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model import Call, Export, Stages

_WRITES = {"operations": "all", "stage_seconds": 0.3}
_STARTED = "57a27ed0"


def _own(export: Export) -> bool:
    return export.id.startswith(_STARTED)


def _listed(change: Callable[[Call, Sequence[Export]], Sequence[Export]]) -> Change:
    """Lists what was started differently; Get sees what is there."""
    return performed("listExports", lambda call, own: own(evolve(call, exports=tuple(change(call, call.exports)))))


def _got(change: Callable[[Call, Sequence[Export]], Sequence[Export]]) -> Change:
    """Gets what was started differently; the list has what is there."""
    return performed("getExport", lambda call, own: own(evolve(call, exports=tuple(change(call, call.exports)))))


def _without(test: Callable[[Export], bool]) -> Callable[[Call, Sequence[Export]], Sequence[Export]]:
    return lambda _call, exports: [export for export in exports if not (_own(export) and test(export))]


def _deletes(change: Callable[[Call, Export], None]) -> Change:
    """Deletes something else, or more."""

    def other(call: Call, own: Callable[[Call], Answer]) -> Answer:
        export = named(call)
        answer = own(call)
        if export is not None and answer.status == 204:
            change(call, export)
        return answer

    return performed("deleteExport", other)


def _ghosts(place: str, after: int) -> Change:
    """What was deleted is there again in one place, after so many requests."""

    def change(stages: Stages) -> Stages:
        deleted: dict[str, tuple[Export, int]] = {}

        def keep(call: Call, export: Export) -> None:
            deleted[export.id] = (export, call.number)

        def seen(call: Call, exports: Sequence[Export]) -> Sequence[Export]:
            ghosts = [export for export, number in deleted.values() if call.number - number > after]
            return [*exports, *ghosts]

        return (_listed if place == "list" else _got)(seen)(_deletes(keep)(stages))

    return change


def _backwards(call: Call, exports: Sequence[Export]) -> Sequence[Export]:
    back = {"InProgress": "NotStarted", "Complete": "InProgress"}
    return [
        evolve(export, status=back.get(export.status, export.status)) if _own(export) and call.number % 2 else export
        for export in exports
    ]


def _changes_its_end(call: Call, exports: Sequence[Export]) -> Sequence[Export]:
    other = {"Complete": "Invalid", "Invalid": "Complete"}
    return [
        evolve(export, status=other.get(export.status, export.status)) if _own(export) and call.number % 2 else export
        for export in exports
    ]


def _neighbours(call: Call, export: Export) -> None:
    for other in call.store.exports:
        if other.imodel_id == export.imodel_id:
            call.store.remove(other)


def _last(call: Call, export: Export) -> None:
    others = [other for other in call.store.exports if other.imodel_id == export.imodel_id]
    if others:
        call.store.remove(others[-1])


def _of_deleted(call: Call, own: Callable[[Call], Answer]) -> Answer:
    answer = own(call)
    gone = answer.status == 404 and _STARTED in call.request.path
    return refusal(call, 404, Problem("IModelNotFound", "There is none.", None)) if gone else answer


FAULTS = (
    Fault(
        "life-lost", ("life-listed",), "What is started is never listed.", _listed(_without(lambda _one: True)), _WRITES
    ),
    Fault(
        "life-lost-when-invalid",
        ("life-listed",),
        "What ends invalid is listed no more.",
        _listed(_without(lambda export: export.status == "Invalid")),
        _WRITES,
    ),
    Fault(
        "life-lost-to-get",
        ("life-got",),
        "What is started is listed, and never got.",
        _got(_without(lambda _one: True)),
        _WRITES,
    ),
    Fault("life-backwards", ("life-forward",), "The status goes back and forth.", _listed(_backwards), _WRITES),
    Fault(
        "life-changes-its-end",
        ("life-forward",),
        "Complete and invalid take turns.",
        _listed(_changes_its_end),
        _WRITES,
    ),
    Fault(
        "life-never-deleted",
        ("life-deleted",),
        "A complete export cannot be deleted.",
        performed(
            "deleteExport",
            lambda call, own: (
                refusal(call, 409, Problem("ExportInUse", "It is in use.", None))
                if named(call) is not None
                else own(call)
            ),
        ),
        _WRITES,
    ),
    Fault("life-stays-in-list", ("life-gone",), "What is deleted stays in the list.", _ghosts("list", -1), _WRITES),
    Fault("life-stays-in-get", ("life-gone",), "What is deleted is still got.", _ghosts("get", -1), _WRITES),
    Fault("life-resurrected", ("life-gone",), "What is deleted comes back to the list.", _ghosts("list", 6), _WRITES),
    Fault(
        "life-deletes-neighbours",
        ("life-alone",),
        "A deletion takes every export of the iModel with it.",
        _deletes(_neighbours),
        _WRITES,
    ),
    Fault(
        "life-deletes-another", ("life-alone",), "A deletion takes the last export with it.", _deletes(_last), _WRITES
    ),
    Fault(
        "life-listed-twice",
        ("list-unique",),
        "What is in progress is listed twice.",
        _listed(
            lambda _call, exports: [
                copy for one in exports for copy in ([one] * (2 if _own(one) and one.status == "InProgress" else 1))
            ]
        ),
        _WRITES,
    ),
    Fault(
        "life-gone-with-another-code",
        ("get-code",),
        "What is deleted is gone with the code of an iModel.",
        performed("getExport", _of_deleted),
        _WRITES,
    ),
)
"""The faults of this theme."""
