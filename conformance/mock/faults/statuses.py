"""Faults of the status: undocumented ones, server errors on odd input, and answers that do not come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import evolve

from ..access import not_found
from ..answers import refusal
from ..model import Answer, Problem
from ..parameters import pairs
from .tools import (
    MOVING,
    Change,
    Fault,
    any_value,
    around,
    crash,
    documents,
    full,
    gate,
    has,
    header,
    later_page,
    one,
    plain,
    replies,
    texts,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call

_HANG = 30.0
_UUID_LENGTH = 36
_NUMBERS = ("$top", "$skip")


def _listed(change: Callable[[Call, Answer], Answer]) -> Change:
    return replies(change, 200, when=lambda call: call.request.method in {"GET", "HEAD"})


def _tag_of_the_count(call: Call, answer: Answer) -> Answer:
    tag = f'"{len(answer.document["exports"])}{"full" if full(call) else ""}"'
    if tag in call.request.lines("if-none-match"):
        return Answer(304, headers=(("ETag", tag),))
    return evolve(answer, headers=(*answer.headers, ("ETag", tag)))


def _empty(answer: Answer) -> bool:
    return not answer.document["exports"]


def _found_first(list_exports: Any) -> Any:
    def listed(call: Call, query: Any) -> Any:
        found = call.stages.select(call, query, call.exports)
        return list_exports(call, query) if found else not_found(call)

    return listed


def _error(status: int, code: str) -> Callable[[Call], Answer]:
    return lambda call: refusal(call, status, Problem(code, "The request cannot be answered.", None))


def _unknown_imodel(call: Call) -> bool:
    owned = {export.imodel_id.lower() for export in call.exports}
    return any(re.fullmatch(r"[0-9a-f-]{36}", text) and text not in owned for text in texts(call, "iModelId"))


def _astral(text: str) -> bool:
    return any(ord(character) > 0xFFFF for character in text)


def _not_utf8(text: str) -> bool:
    return any(0xDC80 <= ord(character) <= 0xDCFF for character in text)


def _names(test: Callable[[str], bool]) -> Callable[[Call], bool]:
    return lambda call: any(test(name) for name, _ in pairs(call.request.query))


def _repeated(*names: str) -> Callable[[Call], bool]:
    return lambda call: any(len(texts(call, name)) > 1 for name in names)


def _odd_root(test: Callable[[str], bool]) -> Callable[[Call], bool]:
    return lambda call: any(test(line) for line in call.request.lines("x-api-host-and-root"))


def _odd_prefer(test: Callable[[str], bool]) -> Callable[[Call], bool]:
    return lambda call: any(test(line) for line in call.request.lines("prefer"))


def _beyond(number: int) -> Callable[[str], bool]:
    return lambda text: text.isdecimal() and len(text) < 1000 and int(text) > number


def _all(*tests: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: all(test(call) for test in tests)


def _nested_beside_plain(call: Call) -> bool:
    names = {name for name, _ in pairs(call.request.query)}
    return any(name.partition("[")[0] in names for name in names if "[" in name)


def _crashes(test: Callable[[Call], bool]) -> Change:
    return gate(test, crash)


def _hangs(test: Callable[[Call], bool]) -> Change:
    return around(
        "answer",
        lambda own: lambda call: evolve(own(call), delay=_HANG) if test(call) else own(call),
    )


def _page_of_one(call: Call, query: Any, exports: Any, own: Any) -> Any:
    page = own(call, query, exports)
    if any(one(call, export) for export in page):
        raise RuntimeError("This export cannot be read.")
    return page


def _busy(answer: Any) -> Any:
    waiting = [0]

    def other(call: Call) -> Answer:
        waiting[0] += 1
        crowded = waiting[0] > 3
        right: Answer = answer(call)

        def late() -> Answer:
            waiting[0] -= 1
            return evolve(crash(call), status=503) if crowded else right

        return Answer(200, {}, delay=0.01, late=late)

    return other


FAULTS = (
    Fault(
        "nothing-found-404",
        ("status-documented",),
        "A selection without exports gets 404.",
        _listed(lambda call, answer: not_found(call) if _empty(answer) else answer),
    ),
    Fault(
        "empty-is-not-found",
        ("status-documented", "skip-past-end", "path-served"),
        "A collection without exports, or a filter that leaves none, gets 404; a page past the end does not.",
        around("list_exports", _found_first),
    ),
    Fault(
        "nothing-found-204",
        ("status-documented",),
        "A page without exports gets 204.",
        _listed(lambda _call, answer: Answer(204) if _empty(answer) else answer),
    ),
    Fault(
        "unknown-imodel-403",
        ("status-documented",),
        "An iModel without exports gets 403.",
        gate(_unknown_imodel, _error(403, "InsufficientPermissions")),
    ),
    Fault(
        "unknown-imodel-404",
        ("status-documented",),
        "An iModel without exports gets 404.",
        gate(_unknown_imodel, _error(404, "iModelNotFound")),
    ),
    Fault(
        "part-206",
        ("status-documented",),
        "A page that is not the last gets 206.",
        _listed(lambda _call, answer: evolve(answer, status=206) if "next" in answer.document["_links"] else answer),
    ),
    Fault(
        "full-201",
        ("status-documented",),
        "The full representation gets 201.",
        replies(lambda _call, answer: evolve(answer, status=201), 200, when=full),
    ),
    Fault(
        "order-and-skip-400",
        ("status-documented",),
        "An order together with `$skip` gets 400.",
        gate(has("$orderBy", "$skip"), _error(400, "BadRequest")),
    ),
    Fault(
        "three-filters-400",
        ("status-documented",),
        "Three filters at once get 400.",
        gate(has("iModelId", "changesetId", "exportType"), _error(400, "BadRequest")),
    ),
    Fault(
        "version-without-type-400",
        ("status-documented",),
        "`iTwinJS` without `exportType` gets 400.",
        gate(lambda call: has("iTwinJS")(call) and not has("exportType")(call), _error(400, "BadRequest")),
    ),
    Fault(
        "any-tag-304",
        ("status-documented",),
        "Whoever asks by an entity tag gets 304, whatever the tag.",
        gate(lambda call: '"' in (call.request.header("if-none-match") or ""), lambda _call: Answer(304)),
    ),
    Fault(
        "tag-of-the-count-304",
        ("status-documented",),
        "The entity tag of a list is the number of its exports: who has it gets 304 when these have changed.",
        _listed(_tag_of_the_count),
        needs=MOVING,
    ),
    Fault(
        "any-date-304",
        ("status-documented",),
        "Whoever asks for what has changed since a date gets 304, whatever the date.",
        gate(lambda call: "GMT" in (call.request.header("if-modified-since") or ""), lambda _call: Answer(304)),
    ),
    Fault(
        "quote-403",
        ("status-documented",),
        "A value with a quote gets 403 from a firewall.",
        gate(any_value(lambda text: "'" in text), plain(403, "Forbidden")),
    ),
    Fault(
        "nul-crashes",
        ("status-no-server-error",),
        "A NUL in a value ends in a server error.",
        _crashes(any_value(lambda text: "\0" in text)),
    ),
    Fault(
        "not-utf8-crashes",
        ("status-no-server-error",),
        "Bytes that are not UTF-8 end in a server error.",
        _crashes(any_value(_not_utf8)),
    ),
    Fault(
        "astral-crashes",
        ("status-no-server-error",),
        "A character outside the basic plane ends in a server error.",
        _crashes(any_value(_astral)),
    ),
    Fault(
        "quote-crashes",
        ("status-no-server-error",),
        "A quote in `exportType` ends in a server error.",
        _crashes(written("exportType", lambda text: "'" in text)),
    ),
    Fault(
        "percent-crashes",
        ("status-no-server-error",),
        "A percent sign in a value ends in a server error.",
        _crashes(any_value(lambda text: "%" in text)),
    ),
    Fault(
        "overlong-crashes",
        ("status-no-server-error",),
        "A value of more than 255 characters ends in a server error.",
        _crashes(any_value(lambda text: len(text) > 255)),
    ),
    Fault(
        "brackets-crash",
        ("status-no-server-error",),
        "A parameter name with brackets ends in a server error.",
        _crashes(_names(lambda name: "[" in name)),
    ),
    Fault(
        "nameless-crashes",
        ("status-no-server-error",),
        "A parameter without a name ends in a server error.",
        _crashes(_names(lambda name: not name)),
    ),
    Fault(
        "empty-top-crashes",
        ("status-no-server-error",),
        "An empty `$top` ends in a server error.",
        _crashes(written("$top", lambda text: not text)),
    ),
    Fault(
        "empty-orderby-crashes",
        ("status-no-server-error",),
        "An empty `$orderBy` ends in a server error.",
        _crashes(written("$orderBy", lambda text: not text)),
    ),
    Fault(
        "empty-orderby-crashes-with-filter",
        ("status-no-server-error",),
        "An empty `$orderBy` beside `iModelId` ends in a server error.",
        _crashes(_all(has("iModelId"), written("$orderBy", lambda text: not text))),
    ),
    Fault(
        "empty-version-crashes",
        ("status-no-server-error",),
        "An empty `iTwinJS` ends in a server error.",
        _crashes(written("iTwinJS", lambda text: not text)),
    ),
    Fault(
        "repeated-top-crashes",
        ("status-no-server-error",),
        "A repeated `$top` ends in a server error.",
        _crashes(_repeated("$top")),
    ),
    Fault(
        "repeated-filter-crashes",
        ("status-no-server-error",),
        "A repeated filter ends in a server error.",
        _crashes(_repeated("iModelId", "changesetId", "exportType")),
    ),
    Fault(
        "signed-top-crashes",
        ("status-no-server-error",),
        "A `$top` with a plus sign ends in a server error.",
        _crashes(written("$top", lambda text: text.strip()[:1] == "+" or text[:1] == " ")),
    ),
    Fault(
        "fraction-crashes",
        ("status-no-server-error",),
        "A number with a fraction ends in a server error.",
        _crashes(lambda call: any(written(name, lambda text: "." in text)(call) for name in _NUMBERS)),
    ),
    Fault(
        "negative-skip-crashes",
        ("status-no-server-error", "skip-negative"),
        "A negative `$skip` ends in a server error.",
        _crashes(written("$skip", lambda text: text.startswith("-"))),
    ),
    Fault(
        "huge-skip-crashes",
        ("status-no-server-error",),
        "A `$skip` beyond 2^31 ends in a server error.",
        _crashes(written("$skip", _beyond(2**31))),
    ),
    Fault(
        "vast-skip-crashes",
        ("status-no-server-error",),
        "A `$skip` beyond 2^63 ends in a server error.",
        _crashes(written("$skip", lambda text: text.isdecimal() and len(text) > 19)),
    ),
    Fault(
        "huge-top-crashes",
        ("status-no-server-error",),
        "A `$top` beyond 2^31 ends in a server error.",
        _crashes(written("$top", _beyond(2**31))),
    ),
    Fault(
        "superscript-crashes",
        ("status-no-server-error",),
        "A digit that is no decimal one ends in a server error.",
        _crashes(
            lambda call: any(
                written(name, lambda text: text.isdigit() and not text.isdecimal())(call) for name in _NUMBERS
            )
        ),
    ),
    Fault(
        "superscript-skip-crashes",
        ("status-no-server-error",),
        "A digit in `$skip` that is no decimal one ends in a server error.",
        _crashes(written("$skip", lambda text: text.isdigit() and not text.isdecimal())),
    ),
    Fault(
        "session-must-be-uuid",
        ("status-documented",),
        "A `SessionId` that is no UUID gets 400.",
        gate(
            lambda call: any(len(line) != _UUID_LENGTH for line in call.request.lines("sessionid")),
            _error(400, "BadRequest"),
        ),
    ),
    Fault(
        "unicode-digits-crash",
        ("status-no-server-error",),
        "Digits of other scripts end in a server error.",
        _crashes(
            lambda call: any(
                written(name, lambda text: text.isnumeric() and not text.isascii())(call) for name in _NUMBERS
            )
        ),
    ),
    Fault(
        "zero-top-crashes",
        ("status-no-server-error",),
        "A `$top` of 0 ends in a server error.",
        _crashes(written("$top", lambda text: text == "0")),
    ),
    Fault(
        "cdn-word-crashes",
        ("status-no-server-error",),
        "A `cdn` that is no number ends in a server error.",
        _crashes(written("cdn", lambda text: bool(text) and not text.isdecimal())),
    ),
    Fault(
        "version-word-crashes",
        ("status-no-server-error",),
        "A `tileVersion` that is no number ends in a server error.",
        _crashes(written("tileVersion", lambda text: bool(text) and not text.replace(".", "").isdecimal())),
    ),
    Fault(
        "short-version-crashes",
        ("status-no-server-error",),
        "An `iTwinJS` with fewer than three numbers ends in a server error.",
        _crashes(written("iTwinJS", lambda text: bool(text) and text.count(".") < 2)),
    ),
    Fault(
        "early-version-crashes",
        ("status-no-server-error",),
        "An `iTwinJS` of an early release ends in a server error.",
        _crashes(written("iTwinJS", lambda text: "-" in text)),
    ),
    Fault(
        "orderby-without-colon-crashes",
        ("status-no-server-error",),
        "An `$orderBy` without a colon ends in a server error.",
        _crashes(written("$orderBy", lambda text: bool(text) and ":" not in text)),
    ),
    Fault(
        "bad-escape-crashes",
        ("status-no-server-error",),
        "A percent sign without two digits ends in a server error.",
        _crashes(lambda call: re.search(rb"%(?![0-9A-Fa-f]{2})", call.request.query) is not None),
    ),
    Fault(
        "prefer-without-value-crashes",
        ("status-no-server-error",),
        "A preference without a value ends in a server error.",
        _crashes(_odd_prefer(lambda line: "=" not in line)),
    ),
    Fault(
        "prefer-unclosed-quote-crashes",
        ("status-no-server-error",),
        "An unclosed quote in `prefer` ends in a server error.",
        _crashes(_odd_prefer(lambda line: line.count('"') % 2 == 1)),
    ),
    Fault(
        "prefer-not-ascii-crashes",
        ("status-no-server-error",),
        "A `prefer` that is not ASCII ends in a server error.",
        _crashes(_odd_prefer(lambda line: not line.isascii())),
    ),
    Fault(
        "root-without-scheme-crashes",
        ("status-no-server-error",),
        "An `x-api-host-and-root` without a scheme ends in a server error.",
        _crashes(_odd_root(lambda line: "://" not in line)),
    ),
    Fault(
        "root-not-ascii-crashes",
        ("status-no-server-error",),
        "An `x-api-host-and-root` that is not ASCII ends in a server error.",
        _crashes(_odd_root(lambda line: not line.isascii())),
    ),
    Fault(
        "root-bad-port-crashes",
        ("status-no-server-error",),
        "An `x-api-host-and-root` with a port that is no number ends in a server error.",
        _crashes(_odd_root(lambda line: re.search(r":[^/0-9]*[^/0-9:]", line.partition("://")[2]) is not None)),
    ),
    Fault(
        "root-unclosed-bracket-crashes",
        ("status-no-server-error",),
        "An `x-api-host-and-root` with a bracket that is not closed ends in a server error.",
        _crashes(_odd_root(lambda line: "[" in line and "]" not in line)),
    ),
    Fault(
        "root-placeholder-crashes",
        ("status-no-server-error",),
        "An `x-api-host-and-root` with a placeholder that nobody filled in ends in a server error.",
        _crashes(_odd_root(lambda line: re.search(r"\{\w+\}", line) is not None)),
    ),
    Fault(
        "accept-odd-crashes",
        ("status-no-server-error",),
        "An `Accept` without a slash ends in a server error.",
        _crashes(lambda call: any("/" not in line for line in call.request.lines("accept"))),
    ),
    Fault(
        "identity-refused-crashes",
        ("status-no-server-error",),
        "Who wants no body without a coding gets a server error.",
        _crashes(lambda call: call.request.header("accept-encoding") == "identity;q=0"),
    ),
    Fault(
        "many-digits-crash",
        ("status-no-server-error",),
        "A value of more than 4,300 digits ends in a server error.",
        _crashes(any_value(lambda text: text.isascii() and text.isdigit() and len(text) > 4300)),
    ),
    Fault(
        "language-star-crashes",
        ("status-no-server-error",),
        "An `Accept-Language` of any language ends in a server error.",
        _crashes(lambda call: call.request.header("accept-language") == "*"),
    ),
    Fault(
        "tileversion-of-33-bits-crashes",
        ("status-no-server-error",),
        "A `tileVersion` of up to 18 digits that takes more than 32 bits ends in a server error.",
        _crashes(written("tileVersion", lambda text: len(text) <= 18 and _beyond(2**31 - 1)(text))),
    ),
    Fault(
        "tileversion-above-255-crashes",
        ("status-no-server-error",),
        "A `tileVersion` above 255 ends in a server error.",
        _crashes(written("tileVersion", lambda text: text.isdecimal() and int(text[:9]) > 255)),
    ),
    Fault(
        "nil-uuid-crashes",
        ("status-no-server-error",),
        "The iModel of the nil UUID ends in a server error.",
        _crashes(written("iModelId", lambda text: text == str(UUID(int=0)))),
    ),
    Fault(
        "nested-name-crashes",
        ("status-no-server-error",),
        "A name that stands there with brackets and without ends in a server error.",
        _crashes(_nested_beside_plain),
    ),
    Fault(
        "odd-cookie-crashes",
        ("status-no-server-error",),
        "A `Cookie` without an equals sign ends in a server error.",
        _crashes(lambda call: any("=" not in line for line in call.request.lines("cookie"))),
    ),
    Fault(
        "range-from-the-end-crashes",
        ("status-no-server-error",),
        "A `Range` without a first byte ends in a server error.",
        _crashes(lambda call: any("=-" in line for line in call.request.lines("range"))),
    ),
    Fault(
        "order-of-type-crashes",
        ("status-no-server-error",),
        "An order of a filtered list ends in a server error.",
        _crashes(has("$orderBy", "exportType")),
    ),
    Fault(
        "both-versions-crash",
        ("status-no-server-error",),
        "Both versions at once end in a server error.",
        _crashes(has("tileVersion", "iTwinJS")),
    ),
    Fault(
        "cdn-in-minimal-crashes",
        ("status-no-server-error",),
        "`cdn=1` in minimal representation ends in a server error.",
        _crashes(_all(written("cdn", lambda text: text == "1"), lambda call: not full(call))),
    ),
    Fault(
        "full-thousand-crashes",
        ("status-no-server-error",),
        "A full page of more than 500 ends in a server error.",
        _crashes(_all(full, written("$top", _beyond(500)))),
    ),
    Fault(
        "one-export-crashes",
        ("status-no-server-error",),
        "A page with one export of hundreds ends in a server error.",
        around("slice", lambda own: lambda call, query, exports: _page_of_one(call, query, exports, own)),
    ),
    Fault(
        "every-17th-crashes",
        ("status-no-server-error", "answers-independent"),
        "Every 17th request ends in a server error.",
        _crashes(lambda call: call.number % 17 == 16),
    ),
    Fault(
        "first-call-crashes",
        ("status-no-server-error", "answers-independent"),
        "The first request ends in a server error.",
        _crashes(lambda call: call.number == 0),
    ),
    Fault(
        "crowd-503", ("status-no-server-error",), "More than three requests at once get 503.", around("answer", _busy)
    ),
    Fault(
        "skip-past-end-crashes",
        ("status-no-server-error", "skip-past-end"),
        "A page past the end ends in a server error.",
        documents(lambda _call, document: document["exports"][0] and document, later_page),
    ),
    Fault(
        "hangs-on-ordered-type",
        ("answer-in-time",),
        "An order of a filtered list takes half a minute.",
        _hangs(has("$orderBy", "exportType")),
    ),
    Fault(
        "hangs-on-long-value",
        ("answer-in-time",),
        "A value of more than 100 characters takes half a minute.",
        _hangs(any_value(lambda text: len(text) > 100)),
    ),
    Fault(
        "hangs-on-last-character",
        ("answer-in-time",),
        "An `iModelId` that goes wrong with its last character takes half a minute.",
        _hangs(written("iModelId", lambda text: re.fullmatch("[0-9a-f-]{35}[g-z]", text) is not None)),
    ),
    Fault(
        "hangs-on-far-skip",
        ("answer-in-time",),
        "A `$skip` beyond a million takes half a minute.",
        _hangs(written("$skip", _beyond(1_000_000))),
    ),
    Fault(
        "hangs-on-preference",
        ("answer-in-time",),
        "A preference to wait is taken at its word.",
        _hangs(_odd_prefer(lambda line: "wait" in line)),
    ),
    Fault(
        "hangs-on-nothing-found",
        ("answer-in-time",),
        "An iModel without exports takes half a minute.",
        _hangs(_unknown_imodel),
    ),
    Fault(
        "hangs-without-token",
        ("answer-in-time",),
        "A request without credentials takes half a minute.",
        _hangs(lambda call: not header("authorization")(call)),
    ),
)
"""The faults of this theme."""
