"""Faults of Get: the wrong export, half of it, or none; answers for what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..answers import refusal
from ..model import Answer, Problem
from ..single import missing, named, shown
from .tools import Change, Fault, around, crash, header, of_list, performed, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call, Export

_GET = "getExport"


def _shows(change: Callable[[Call, Any], Any], when: Callable[[Export], bool] = lambda _export: True) -> Change:
    """Shows the export that is got differently."""

    def other(call: Call, own: Callable[[Call], Answer]) -> Answer:
        answer, export = own(call), named(call)
        if export is None or answer.status != 200 or not when(export):
            return answer
        return evolve(answer, document={"export": change(call, answer.document["export"])})

    return performed(_GET, other)


def _lost(when: Callable[[Export], bool]) -> Change:
    """Does not find some exports."""
    return performed(_GET, lambda call, own: missing(call) if (one := named(call)) and when(one) else own(call))


def _unknown(answer: Callable[[Call], Answer]) -> Change:
    """Answers differently for an id that no export has."""
    return performed(_GET, lambda call, own: answer(call) if named(call) is None else own(call))


def _neighbour(call: Call, own: Callable[[Call], Answer]) -> Answer:
    export = named(call)
    if export is None:
        return own(call)
    following = call.exports[(call.exports.index(export) + 1) % len(call.exports)]
    return shown(call, 200, following)


def _code(code: str) -> Callable[[Call], Answer]:
    return lambda call: refusal(call, 404, Problem(code, "Requested export is not available.", None))


def _not_hexadecimal(call: Call) -> bool:
    return any(character not in "0123456789abcdef-" for character in call.request.path.rpartition("/")[2].lower())


def _bare(call: Call, answer: Answer) -> Answer:
    one = named(call)
    return evolve(answer, document=answer.document["export"]) if one and one.status == "Complete" else answer


def _open(test: Callable[[Call], bool]) -> Change:
    """Judges no credentials where a single export is asked for."""
    return around("authorize", lambda own: lambda call: own(call) if of_list(call) or not test(call) else None)


FAULTS = (
    Fault(
        "get-loses-incomplete",
        ("get-listed",),
        "An export is got once it is complete.",
        _lost(lambda export: export.status != "Complete"),
    ),
    Fault(
        "get-loses-invalid",
        ("get-listed",),
        "An invalid export is listed and not got.",
        _lost(lambda export: export.status == "Invalid"),
    ),
    Fault("get-gives-another", ("get-same",), "The export that follows is got.", performed(_GET, _neighbour)),
    Fault(
        "get-status-stale",
        ("get-same",),
        "What is in progress is got as not started.",
        _shows(
            lambda _call, item: put(item, ("status",), lambda _text: "NotStarted"),
            lambda export: export.status == "InProgress",
        ),
    ),
    Fault(
        "get-names-imodel-by-id",
        ("get-same",),
        "The name of an export that is got is its iModel's id.",
        _shows(lambda _call, item: {**item, "displayName": item["request"]["iModelId"]}),
    ),
    Fault(
        "get-is-minimal",
        ("get-full",),
        "An export is got in minimal representation.",
        _shows(lambda _call, item: put(put(item, ("request",)), ("_links",))),
    ),
    Fault(
        "get-loses-mesh-link",
        ("get-mesh-link",),
        "A complete export is got without its mesh link.",
        _shows(lambda _call, item: put(item, ("_links",))),
    ),
    Fault(
        "get-links-empty",
        ("get-mesh-link",),
        "An incomplete export is got with empty links.",
        _shows(lambda _call, item: {"_links": {}, **item}),
    ),
    Fault(
        "get-ignores-cdn",
        ("get-cdn",),
        "`cdn=1` changes nothing where one export is got.",
        performed(_GET, lambda call, own: own(evolve(call, request=evolve(call.request, query=b"")))),
    ),
    Fault(
        "get-always-cdn",
        ("get-cdn",),
        "One export is got with CDN links always.",
        performed(_GET, lambda call, own: own(evolve(call, request=evolve(call.request, query=b"cdn=1")))),
    ),
    Fault(
        "get-without-envelope",
        ("get-body",),
        "A complete export is got without the object around it.",
        performed(_GET, lambda call, own: _bare(call, own(call))),
    ),
    Fault(
        "get-date-without-zone",
        ("get-body",),
        "The date of an export that is got has no zone.",
        _shows(lambda _call, item: put(item, ("lastModified",), lambda text: text[:19])),
    ),
    Fault(
        "get-as-text",
        ("get-body",),
        "An export is got as plain text.",
        performed(_GET, lambda call, own: evolve(own(call), media_type="text/plain")),
    ),
    Fault(
        "get-finds-everything",
        ("get-not-listed",),
        "An id that no export has gets the first export.",
        _unknown(lambda call: shown(call, 200, call.exports[0]) if call.exports else missing(call)),
    ),
    Fault(
        "get-unknown-is-empty",
        ("get-not-listed",),
        "An id that no export has gets 204.",
        _unknown(lambda _call: Answer(204)),
    ),
    Fault("get-unknown-is-imodel", ("get-code",), "The 404 speaks of an iModel.", _unknown(_code("IModelNotFound"))),
    Fault("get-unknown-has-no-code", ("get-code",), "The 404 has the code of its status.", _unknown(_code("NotFound"))),
    Fault("get-unknown-crashes", ("get-status",), "An id that no export has ends in a server error.", _unknown(crash)),
    Fault(
        "get-odd-id-crashes",
        ("get-status",),
        "An id that is no UUID ends in a server error.",
        performed(_GET, lambda call, own: crash(call) if _not_hexadecimal(call) else own(call)),
    ),
    Fault(
        "get-accepted-only",
        ("get-status",),
        "An export that is in progress is got with 202.",
        performed(
            _GET,
            lambda call, own: (
                evolve(own(call), status=202) if (one := named(call)) and one.status == "InProgress" else own(call)
            ),
        ),
    ),
    Fault("get-without-token", ("get-credentials",), "An export is got without a token.", _open(lambda _call: True)),
    Fault(
        "get-with-any-token", ("get-credentials",), "An export is got with any token.", _open(header("authorization"))
    ),
)
"""The faults of this theme."""
