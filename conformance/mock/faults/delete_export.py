"""Faults of Delete where there is nothing to delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ..answers import refusal
from ..model import Answer, Problem
from ..single import named
from .tools import Change, Fault, around, crash, header, of_list, performed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call

_WRITES = {"operations": "all"}


def _unknown(answer: Callable[[Call], Answer]) -> Change:
    return performed("deleteExport", lambda call, own: answer(call) if named(call) is None else own(call))


def _code(code: str) -> Callable[[Call], Answer]:
    return lambda call: refusal(call, 404, Problem(code, "Requested export is not available.", None))


def _open(test: Callable[[Call], bool]) -> Change:
    def judges(call: Call) -> bool:
        return of_list(call) or call.request.method != "DELETE" or not test(call)

    return around("authorize", lambda own: lambda call: own(call) if judges(call) else None)


FAULTS = (
    Fault(
        "delete-unknown-succeeds",
        ("delete-not-listed",),
        "The deletion of an id that no export has gets 204.",
        _unknown(lambda _call: Answer(204)),
        _WRITES,
    ),
    Fault(
        "delete-code-of-imodel",
        ("delete-code",),
        "The 404 of a deletion speaks of an iModel where the id is of zeros.",
        _unknown(lambda call: _code("IModelNotFound" if "/00000000" in call.request.path else "ExportNotFound")(call)),
        _WRITES,
    ),
    Fault(
        "delete-zero-id-crashes",
        ("delete-status",),
        "The deletion of an id of zeros ends in a server error.",
        _unknown(lambda call: crash(call) if "/00000000" in call.request.path else _code("ExportNotFound")(call)),
        _WRITES,
    ),
    Fault(
        "delete-error-is-text",
        ("delete-body",),
        "The error of a deletion is JSON that calls itself text.",
        _unknown(lambda call: evolve(_code("ExportNotFound")(call), media_type="text/plain")),
        _WRITES,
    ),
    Fault(
        "delete-without-token",
        ("delete-credentials",),
        "Deletions need no token.",
        _open(lambda _call: True),
        _WRITES,
    ),
    Fault(
        "delete-with-any-token",
        ("delete-credentials",),
        "Deletions take any token.",
        _open(header("authorization")),
        _WRITES,
    ),
)
"""The faults of this theme."""
