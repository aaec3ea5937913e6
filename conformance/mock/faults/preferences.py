"""Faults of `prefer` and of `x-api-host-and-root`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import evolve

from ..answers import refusal
from ..links import PLAIN_ROOT, own_host
from ..model import Answer, Preference, Problem
from ..preferences import parse, split
from ..representation import CDN_HOST, MESH_HOST
from .tools import (
    CallTest,
    Change,
    Fault,
    around,
    bare_path,
    documents,
    full,
    gate,
    has,
    header,
    items,
    later_page,
    linked,
    member,
    one,
    refused,
    selected,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model import Call, Export, Json, Page, Query

_ROOT = "x-api-host-and-root"
_FULL = Preference(full=True, applied="return=representation")
_MINIMAL = Preference()


def _prefers(read: Callable[[Call], Preference]) -> Change:
    return around("prefer", lambda _own: read)


def _overruled(preference: Preference, when: CallTest) -> Change:
    return around("prefer", lambda own: lambda call: preference if when(call) else own(call))


def _said(call: Call) -> str:
    return ", ".join(call.request.lines("prefer"))


def _found(test: Callable[[str], bool]) -> Change:
    """Prefers the full representation when the header, its lines joined, is of a kind."""
    return _prefers(lambda call: _FULL if test(_said(call)) else _MINIMAL)


def _first_line(call: Call) -> Preference:
    return (
        _FULL
        if any(
            one.name == "return" and one.value == "representation"
            for one in parse((call.request.lines("prefer") or [""])[0])
        )
        else _MINIMAL
    )


def _no_quotes(text: str) -> bool:
    return any(
        re.sub(r"[ \t]", "", part.partition(";")[0]).lower() == "return=representation" for part in split(text, ",")
    )


def _no_parameters(text: str) -> bool:
    return any(one.name == "return" and one.value == "representation" and not one.parameters for one in parse(text))


def _case_sensitive(text: str) -> bool:
    return any(re.match(r"\s*return\s*=\s*\"?representation\"?\s*(;|$)", part) for part in split(text, ","))


def _first_only(text: str) -> bool:
    return any(one.name == "return" and one.value == "representation" for one in list(parse(text))[:1])


def _last_only(text: str) -> bool:
    return any(one.name == "return" and one.value == "representation" for one in list(parse(text))[-1:])


def _no_blanks(text: str) -> bool:
    return "return=representation" in text.lower().replace('"', "").split(",")


def _unknown(call: Call) -> bool:
    return any(one.name != "return" for one in parse(_said(call)))


def _unknown_value(call: Call) -> bool:
    return any(one.name == "return" and one.value not in {"minimal", "representation"} for one in parse(_said(call)))


def _names_representation(call: Call) -> bool:
    return any(one.name != "return" and one.value == "representation" for one in parse(_said(call)))


def _asks_minimal(call: Call) -> bool:
    return any(one.name == "return" and one.value == "minimal" for one in parse(_said(call)))


def _not_full(call: Call) -> bool:
    return not full(call)


def _bad_request(call: Call) -> Answer:
    return refusal(call, 400, Problem("BadRequest", "The preference is not known.", None))


def _always_full(represent: Any, show: Callable[[Json], Json], when: Callable[[Call, Export], bool]) -> Any:
    """Shows more than the minimal representation has."""

    def other(call: Call, query: Query, preference: Preference, export: Export) -> Any:
        if preference.full or not when(call, export):
            return represent(call, query, preference, export)
        return show(represent(call, query, _FULL, export))

    return other


def _more(show: Callable[[Json], Json], when: Callable[[Call, Export], bool] | None = None) -> Change:
    return around("represent", lambda own: _always_full(own, show, when or (lambda _call, _export: True)))


def _without(name: str) -> Callable[[Json], Json]:
    return lambda item: {other: value for other, value in item.items() if other != name}


def _only_first_full(call: Call, document: Json) -> Json:
    first, *rest = document["exports"] or [{}]
    return {**document, "exports": [first, *(_bare(item) for item in rest)]} if first and full(call) else document


def _bare(item: Json) -> Json:
    return {name: value for name, value in item.items() if name not in {"request", "_links"}}


def _reordered(call: Call, document: Json) -> Json:
    return {**document, "exports": document["exports"][::-1]} if full(call) else document


def _asked(call: Call) -> str | None:
    line = call.request.header(_ROOT)
    return line if line is not None and PLAIN_ROOT.fullmatch(line) else None


def _rooted(change: Callable[[str], str], when: CallTest | None = None) -> Change:
    """Takes another root than the one asked for."""

    def wrapper(own: Any) -> Any:
        def other(call: Call) -> Any:
            asked = _asked(call)
            return change(asked) + "/mesh-export/" if asked is not None and (when is None or when(call)) else own(call)

        return other

    return around("root", wrapper)


def _own_root(call: Call) -> str:
    return own_host(call) + "/mesh-export/"


def _unrooted(*names: str) -> Change:
    """Builds some links without the root that was asked for."""

    def change(own: Any) -> Any:
        def linker(call: Call, query: Query, page: Page) -> Any:
            return own(evolve(call, stages=evolve(call.stages, root=_own_root)), query, page)

        return linker

    def whole(stages: Any) -> Any:
        for name in names:
            stages = linked(name, change)(stages)
        return stages

    return whole


def _port_dropped(root: str) -> str:
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.hostname}{parts.path}".removesuffix("/")


def _path_dropped(root: str) -> str:
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.netloc}"


def _first_segment(root: str) -> str:
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.netloc}/{parts.path.split('/')[1] if parts.path else ''}".removesuffix("/")


def _is_rooted(call: Call) -> bool:
    return _asked(call) is not None


def _mesh_rooted(call: Call, _export: Export, item: Json) -> Any:
    asked = (_asked(call) or "").removesuffix("/")
    to = member("_links", "mesh", "href", to=lambda href: href.replace(MESH_HOST, asked).replace(CDN_HOST, asked))
    return to(call, _export, item)


def _halved(_call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return exports[::2]


_R, _S = ("prefer-representation",), ("prefer-same-data",)

FAULTS = (
    Fault(
        "default-is-full",
        ("prefer-default",),
        "Without `prefer` the answer is in full representation.",
        _overruled(_FULL, lambda call: not header("prefer")(call)),
    ),
    Fault(
        "default-is-full-for-json",
        ("prefer-default",),
        "Without `prefer`, who accepts `application/json` gets the full representation.",
        _overruled(
            _FULL,
            lambda call: not header("prefer")(call) and "application/json" in ",".join(call.request.lines("accept")),
        ),
    ),
    Fault(
        "default-is-full-with-imodelid",
        ("prefer-default",),
        "Without `prefer`, one iModel's exports come in full representation.",
        _overruled(_FULL, lambda call: not header("prefer")(call) and has("iModelId")(call)),
    ),
    Fault(
        "default-is-full-on-bare-path",
        ("path-without-slash", "prefer-default"),
        "Without `prefer`, the path without a slash gives the full representation.",
        _overruled(_FULL, lambda call: not header("prefer")(call) and bare_path(call)),
    ),
    Fault(
        "preference-of-any-name",
        ("prefer-default",),
        "Any preference for a representation is taken for `return=representation`, whatever its name.",
        _overruled(_FULL, _names_representation),
    ),
    Fault(
        "default-has-request",
        ("prefer-default",),
        "Without `prefer` exports have their `request`.",
        around(
            "represent",
            lambda own: _always_full(own, _without("_links"), lambda call, _export: not header("prefer")(call)),
        ),
    ),
    Fault(
        "minimal-is-full",
        ("prefer-minimal",),
        "`return=minimal` gets the full representation.",
        _overruled(_FULL, _asks_minimal),
    ),
    Fault(
        "minimal-one-is-full",
        ("prefer-minimal",),
        "In minimal representation one export of hundreds is shown in full.",
        _more(dict, one),
    ),
    Fault(
        "minimal-full-in-order",
        ("prefer-minimal",),
        "An ordered list is always in full representation.",
        _overruled(_FULL, lambda call: has("$orderBy")(call) and _asks_minimal(call)),
    ),
    Fault("representation-ignored", _R, "`return=representation` is ignored.", _prefers(lambda _call: _MINIMAL)),
    Fault(
        "representation-ignored-with-filter",
        _R,
        "`return=representation` is ignored beside `exportType`.",
        _overruled(_MINIMAL, has("exportType")),
    ),
    Fault(
        "representation-ignored-with-changeset",
        _R,
        "`return=representation` is ignored beside `changesetId`.",
        _overruled(_MINIMAL, has("changesetId")),
    ),
    Fault(
        "representation-ignored-with-order",
        _R,
        "`return=representation` is ignored where there is an order.",
        _overruled(_MINIMAL, has("$orderBy")),
    ),
    Fault(
        "representation-ignored-on-later-pages",
        _R,
        "`return=representation` is ignored on pages after the first.",
        _overruled(_MINIMAL, later_page),
    ),
    Fault(
        "representation-ignored-on-bare-path",
        ("path-without-slash", *_R),
        "`return=representation` is ignored on the path without a slash.",
        _overruled(_MINIMAL, bare_path),
    ),
    Fault(
        "representation-ignored-in-large-pages",
        _R,
        "`return=representation` is ignored for pages of more than 100.",
        around(
            "represent",
            lambda own: (
                lambda call, query, preference, export: own(
                    call, query, _MINIMAL if query.top > 100 else preference, export
                )
            ),
        ),
    ),
    Fault(
        "representation-of-first-only",
        _R,
        "Only the first export of a page is shown in full.",
        documents(_only_first_full),
    ),
    Fault(
        "representation-with-root-ignored",
        ("root-links-only", "prefer-representation"),
        "`return=representation` is ignored beside `x-api-host-and-root`.",
        _overruled(_MINIMAL, header(_ROOT)),
    ),
    Fault(
        "representation-refused",
        ("status-no-server-error", "prefer-representation", "status-documented"),
        "`return=representation` gets 501.",
        gate(
            full, lambda call: refusal(call, 501, Problem("NotImplemented", "There is no such representation.", None))
        ),
    ),
    Fault(
        "full-drops-invalid",
        _S,
        "The full representation leaves out invalid exports.",
        selected(lambda _call, _query, exports: [export for export in exports if export.status != "Invalid"], full),
    ),
    Fault(
        "full-drops-one",
        _S,
        "The full representation leaves out one export of hundreds.",
        selected(lambda call, _query, exports: [export for export in exports if not one(call, export)], full),
    ),
    Fault(
        "full-in-other-order",
        ("list-order-steady",),
        "The full representation turns each page around.",
        documents(_reordered, lambda call: not has("$orderBy")(call)),
    ),
    Fault(
        "full-trims-names",
        _S,
        "The full representation shows names without blanks around them.",
        items(member("displayName", to=str.strip), lambda call, _export: full(call)),
    ),
    Fault(
        "full-other-names",
        _S,
        "The full representation shows names in capitals.",
        items(member("displayName", to=str.upper), lambda call, _export: full(call)),
    ),
    Fault(
        "full-rounds-dates",
        _S,
        "The full representation shows whole minutes.",
        items(member("lastModified", to=lambda text: f"{text[:17]}00{text[19:]}"), lambda call, _export: full(call)),
    ),
    Fault(
        "full-other-status",
        _S,
        "The full representation shows what is in progress as not started.",
        items(
            member("status", to=lambda text: "NotStarted" if text == "InProgress" else text),
            lambda call, _export: full(call),
        ),
    ),
    Fault(
        "full-one-other-date",
        _S,
        "The full representation shows one export of hundreds with another date.",
        items(
            member("lastModified", to=lambda _text: "2024-02-29T23:59:59Z"),
            lambda call, export: full(call) and one(call, export),
        ),
    ),
    Fault(
        "prefer-case-sensitive",
        ("prefer-syntax",),
        "`Return=representation` is not understood.",
        _found(_case_sensitive),
    ),
    Fault(
        "prefer-compared-whole",
        ("prefer-syntax",),
        "A preference among others is not understood.",
        _found(lambda text: text == "return=representation"),
    ),
    Fault(
        "prefer-first-line-only", ("prefer-syntax",), "Only the first line of several is read.", _prefers(_first_line)
    ),
    Fault("prefer-first-only", ("prefer-syntax",), "Only the first preference is read.", _found(_first_only)),
    Fault("prefer-last-only", ("prefer-syntax",), "Only the last preference is read.", _found(_last_only)),
    Fault("prefer-quotes-unknown", ("prefer-syntax",), "A value in quotes is not understood.", _found(_no_quotes)),
    Fault(
        "prefer-parameters-unknown",
        ("prefer-syntax",),
        "A preference with parameters is not understood.",
        _found(_no_parameters),
    ),
    Fault(
        "prefer-blanks-unknown",
        ("prefer-syntax",),
        "A preference with blanks around it is not understood.",
        _found(_no_blanks),
    ),
    Fault(
        "prefer-unknown-refused",
        ("prefer-unknown-ignored",),
        "An unknown preference is refused with 422.",
        gate(_unknown, refused("prefer")),
    ),
    Fault(
        "prefer-unknown-400",
        ("prefer-unknown-ignored", "status-documented"),
        "An unknown preference gets 400.",
        gate(_unknown, _bad_request),
    ),
    Fault(
        "prefer-unknown-value-refused",
        ("prefer-unknown-ignored",),
        "An unknown value of `return` is refused.",
        gate(_unknown_value, refused("prefer")),
    ),
    Fault(
        "prefer-unknown-406",
        ("prefer-unknown-ignored",),
        "An unknown preference gets 406.",
        gate(
            _unknown, lambda call: refusal(call, 406, Problem("NotAcceptable", "The preference cannot be met.", None))
        ),
    ),
    Fault(
        "root-ignored", ("root-prefix",), "`x-api-host-and-root` is ignored.", around("root", lambda _own: _own_root)
    ),
    Fault("root-in-self-only", ("root-prefix",), "Only `self` has the root.", _unrooted("next", "prev")),
    Fault("root-not-in-self", ("root-prefix",), "`self` does not have the root.", _unrooted("self")),
    Fault("root-not-in-prev", ("root-prefix",), "`prev` does not have the root.", _unrooted("prev")),
    Fault(
        "root-ignored-on-later-pages",
        ("root-prefix",),
        "The root is ignored on pages after the first.",
        around("root", lambda own: lambda call: _own_root(call) if later_page(call) else own(call)),
    ),
    Fault(
        "root-ignored-with-filter",
        ("root-prefix",),
        "The root is ignored beside `iModelId`.",
        around("root", lambda own: lambda call: _own_root(call) if has("iModelId")(call) else own(call)),
    ),
    Fault(
        "root-ignored-in-full",
        ("root-prefix",),
        "The root is ignored in full representation.",
        around("root", lambda own: lambda call: _own_root(call) if full(call) else own(call)),
    ),
    Fault(
        "root-always-https",
        ("root-prefix",),
        "Links have the root with https, whatever its scheme.",
        _rooted(lambda root: re.sub(r"^http:", "https:", root).removesuffix("/")),
    ),
    Fault("root-loses-port", ("root-prefix",), "Links have the root without its port.", _rooted(_port_dropped)),
    Fault(
        "root-loses-path", ("root-prefix",), "Links have the host of the root and not its path.", _rooted(_path_dropped)
    ),
    Fault(
        "root-keeps-one-segment",
        ("root-prefix",),
        "Links have one segment of the root's path.",
        _rooted(_first_segment),
    ),
    Fault(
        "root-in-lower-case",
        ("root-prefix",),
        "Links have the root's path in lower case.",
        _rooted(lambda root: root.lower().removesuffix("/")),
    ),
    Fault(
        "root-after-host",
        ("root-prefix",),
        "Links have the root after the host that was called.",
        around("root", lambda own: lambda call: f"{_own_root(call)}{own(call)}" if _is_rooted(call) else own(call)),
    ),
    Fault(
        "root-in-mesh-links",
        ("root-links-only",),
        "Mesh links have the root too.",
        items(_mesh_rooted, lambda call, _export: _is_rooted(call)),
    ),
    Fault(
        "root-halves-list",
        ("root-links-only",),
        "A root leaves out every second export.",
        selected(_halved, _is_rooted),
    ),
    Fault(
        "root-turns-full",
        ("root-links-only",),
        "A root gives the full representation unasked.",
        _overruled(_FULL, _is_rooted),
    ),
    Fault(
        "root-in-names",
        ("root-links-only",),
        "A root stands before the name of one export of hundreds.",
        items(
            lambda call, _export, item: {**item, "displayName": f"{_asked(call)}: {item['displayName']}"},
            lambda call, export: _is_rooted(call) and one(call, export),
        ),
    ),
    Fault("root-refused", ("root-links-only", "status-documented"), "A root gets 400.", gate(_is_rooted, _bad_request)),
    Fault(
        "root-changes-default-page",
        ("root-links-only",),
        "A root makes pages shorter by one.",
        around(
            "slice",
            lambda own: (
                lambda call, query, exports: (
                    own(call, query, exports)[:-1] if _is_rooted(call) else own(call, query, exports)
                )
            ),
        ),
    ),
    Fault(
        "preference-said-not-kept",
        ("prefer-representation",),
        "The full representation is announced and the minimal one given.",
        around("represent", lambda own: lambda call, query, _preference, export: own(call, query, _MINIMAL, export)),
    ),
)
"""The faults of this theme."""
