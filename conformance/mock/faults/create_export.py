"""Faults of Start: what should not begin does, what should does not, or as something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..answers import refusal
from ..model import Answer, Problem
from ..single import body, shown
from .tools import Change, Fault, around, crash, header, performed, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call

_START = "createExport"
_WRITES = {"operations": "all", "stage_seconds": 0.1}


def _on(status: int, change: Callable[[Call, Answer], Answer]) -> Change:
    """Answers differently where the status is this."""
    return performed(_START, lambda call, own: change(call, one) if (one := own(call)).status == status else one)


def _shows(path: tuple[str, ...], to: Callable[[Any], Any] | None = None) -> Change:
    """Shows the export that is started differently, or without a member."""
    return _on(202, lambda _call, answer: evolve(answer, document=put(answer.document, ("export", *path), to)))


def _error(status: int, code: str, message: str) -> Callable[[Call, Answer], Answer]:
    return lambda call, _answer: refusal(call, status, Problem(code, message, None))


def _starts_anything(call: Call, _answer: Answer) -> Answer:
    return shown(call, 202, call.store.add(call.exports[0], call.moment))


def _details(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    def other(_call: Call, answer: Answer) -> Answer:
        details = [change(detail) for detail in answer.document["error"]["details"]]
        return evolve(answer, document={"error": {**answer.document["error"], "details": details}})

    return _on(422, other)


def _open(test: Callable[[Call], bool]) -> Change:
    def judges(call: Call) -> bool:
        return call.request.method != "POST" or not call.request.body or not test(call)

    return around("authorize", lambda own: lambda call: own(call) if judges(call) else None)


FAULTS = (
    Fault(
        "create-ok",
        ("create-status",),
        "A refused start has the status 400.",
        _on(422, lambda _call, answer: evolve(answer, status=400)),
        _WRITES,
    ),
    Fault(
        "create-crashes-on-numbers",
        ("create-status",),
        "An `iModelId` that is a number ends in a server error.",
        performed(_START, lambda call, own: crash(call) if isinstance(body(call).get("iModelId"), int) else own(call)),
        _WRITES,
    ),
    Fault(
        "create-refuses-types",
        ("create-started",),
        "Nothing is started of the type IMODEL.",
        performed(
            _START,
            lambda call, own: (
                _error(404, "IModelNotFound", "There is none.")(call, own(call))
                if body(call).get("exportType") == "IMODEL"
                else own(call)
            ),
        ),
        _WRITES,
    ),
    Fault(
        "create-other-type",
        ("create-as-asked",),
        "Whatever the type, 3D tiles are started.",
        _shows(("request", "exportType"), lambda _type: "3DTiles"),
        _WRITES,
    ),
    Fault(
        "create-other-imodel",
        ("create-as-asked",),
        "The export that is started is of another iModel.",
        _shows(("request", "iModelId"), lambda text: f"{text[:-1]}0"),
        _WRITES,
    ),
    Fault(
        "create-without-status",
        ("create-body",),
        "The export that is started has no status.",
        _shows(("status",)),
        _WRITES,
    ),
    Fault(
        "create-id-of-digits",
        ("create-body",),
        "The id of an export that is started has no hyphens.",
        _shows(("id",), lambda text: text.replace("-", "")),
        _WRITES,
    ),
    Fault(
        "create-without-imodel",
        ("create-imodelid-required",),
        "Without an iModel the first one is exported.",
        _on(422, _starts_anything),
        _WRITES,
    ),
    Fault(
        "create-finds-no-empty-imodel",
        ("create-imodelid-required",),
        "An empty `iModelId` is not found.",
        performed(
            _START,
            lambda call, own: (
                _error(404, "IModelNotFound", "There is none.")(call, own(call))
                if body(call).get("iModelId") == ""
                else own(call)
            ),
        ),
        _WRITES,
    ),
    Fault(
        "create-of-nothing",
        ("create-imodel-not-found",),
        "An iModel that is not there is exported.",
        _on(404, _starts_anything),
        _WRITES,
    ),
    Fault(
        "create-refuses-unknown-imodel",
        ("create-imodel-not-found",),
        "An iModel that is not there is refused with 422.",
        _on(404, _error(422, "InvalidMeshExportRequest", "Cannot create export job.")),
        _WRITES,
    ),
    Fault(
        "create-export-not-found",
        ("create-code",),
        "The 404 of a start speaks of an export.",
        _on(404, _error(404, "ExportNotFound", "Requested export is not available.")),
        _WRITES,
    ),
    Fault(
        "create-invalid-request",
        ("create-code",),
        "The 422 of a start has another code.",
        _on(422, _error(422, "InvalidRequest", "Cannot create export job.")),
        _WRITES,
    ),
    Fault(
        "create-detail-of-type",
        ("create-detail",),
        "The detail is about the type.",
        _details(lambda detail: {**detail, "target": "exportType"}),
        _WRITES,
    ),
    Fault(
        "create-detail-of-parameter",
        ("create-detail",),
        "The detail has the code of a parameter.",
        _details(lambda detail: {**detail, "code": "InvalidParameter"}),
        _WRITES,
    ),
    Fault(
        "create-without-token",
        ("create-credentials",),
        "A start needs no token.",
        _open(lambda _call: True),
        _WRITES,
    ),
    Fault(
        "create-with-any-token",
        ("create-credentials",),
        "A start takes any token.",
        _open(header("authorization")),
        _WRITES,
    ),
)
"""The faults of this theme."""
