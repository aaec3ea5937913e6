"""Faults of `$top` and `$skip`: the size of a page, where it begins, and the numbers that say so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..access import not_found
from .tools import (
    CallTest,
    Change,
    Fault,
    around,
    bare_path,
    full,
    gate,
    has,
    later_page,
    one,
    parser,
    refused,
    replies,
    texts,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model import Call, Export, Parser, Query

    Slicer = Callable[[Call, Query, Sequence[Export]], Sequence[Export]]

_FILTERS = ("iModelId", "changesetId", "exportType", "tileVersion", "iTwinJS")


def _sliced(cut: Slicer, when: CallTest | None = None) -> Change:
    def wrapper(own: Slicer) -> Slicer:
        return lambda call, query, exports: (cut if when is None or when(call) else own)(call, query, exports)

    return around("slice", wrapper)


def _with(top: Callable[[Query], int], skip: Callable[[Query, int], int], when: CallTest | None = None) -> Change:
    """Cuts a page of another size, or in another place."""

    def cut(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        start = max(0, skip(query, len(exports)))
        return exports[start : start + top(query)]

    return _sliced(cut, when)


def _top(top: Callable[[Query], int], when: CallTest | None = None) -> Change:
    return _with(top, lambda query, _total: query.skip, when)


def _skip(skip: Callable[[Query, int], int], when: CallTest | None = None) -> Change:
    return _with(lambda query: query.top, skip, when)


def _filtered(call: Call) -> bool:
    return any(has(name)(call) for name in _FILTERS)


def _number(name: str, test: Callable[[int], bool]) -> CallTest:
    return written(name, lambda text: text.isdecimal() and len(text) < 1000 and test(int(text)))


def _end(call: Call) -> int:
    """Where a page ends by what the request says; at the beginning where it says what cannot be."""
    top, skip = ([*texts(call, name), default][0] for name, default in (("$top", "100"), ("$skip", "0")))
    plain = all(text.isdecimal() and len(text) < 10 for text in (top, skip)) and int(top) <= 1000
    return int(top) + int(skip) if plain else 0


def _reads(name: str, form: str, number: Callable[[str], Any]) -> Change:
    """Takes numbers of another form as well; nothing stands for a parameter that is not given."""

    def wrapper(own: Any) -> Any:
        def read(call: Call, text: str) -> Any:
            return number(text) if re.fullmatch(form, text, re.DOTALL) else own(call, text)

        return read

    return parser(name, wrapper)


def _default(number: int, when: CallTest | None = None) -> Change:
    def wrapper(validate: Any) -> Any:
        def other(call: Call, given: Any) -> Any:
            query = validate(call, given)
            if "$top" in query.values or (when is not None and not when(call)):
                return query
            return evolve(query, values={**query.values, "$top": number})

        return other

    return around("validate", wrapper)


def _skip_before(stage: str) -> Change:
    """Leaves out exports before they are filtered or ordered."""

    def wrapper(own: Any) -> Any:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            return own(call, query, exports[query.skip :])

        return other

    return lambda stages: _skip(lambda _query, _total: 0)(around(stage, wrapper)(stages))


def _hidden_after_cut(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    page = exports[query.skip : query.skip + query.top]
    return [export for export in page if not one(call, export)]


def _unbounded(when: Callable[[Call], bool]) -> Change:
    """Any `$top` is accepted, and taken as the maximum."""

    def parsed(own: Parser) -> Parser:
        return lambda call, text: 1000 if re.fullmatch(r"[0-9]{4,9}", text) and when(call) else own(call, text)

    return parser("$top", parsed)


def _maximum(number: int) -> Change:
    def wrapper(own: Any) -> Any:
        def read(call: Call, text: str) -> Any:
            plain = text.lstrip("0")
            return int(plain) if plain.isdecimal() and 1000 < int(plain[:9]) <= number else own(call, text)

        return read

    return parser("$top", wrapper)


def _clamped(text: str) -> int:
    return min(1000, int(text[:9]))


def _leading(text: str) -> int:
    return int(re.split(r"[^0-9]", text)[0])


def _wrapped(text: str) -> int:
    return int(text[:1000]) % 2**16 or 1


def _far(call: Call) -> bool:
    return any(
        text.isdecimal() and len(text) < 1000 and int(text) >= len(call.exports) for text in texts(call, "$skip")
    )


def _at_end(call: Call) -> bool:
    return any(text == str(len(call.exports)) for text in texts(call, "$skip"))


FAULTS = (
    Fault(
        "semicolon-drops-query",
        ("top-limits",),
        "A semicolon anywhere makes the query be passed over.",
        around("read", lambda own: lambda call: {} if b";" in call.request.query else own(call)),
    ),
    Fault(
        "top-1000-refused",
        ("top-accepted",),
        "A `$top` of 1000 is refused.",
        gate(_number("$top", lambda top: top == 1000), refused("$top", "must be lower or equal to 1000.")),
    ),
    Fault(
        "top-above-500-refused",
        ("top-accepted",),
        "A `$top` above 500 is refused.",
        gate(_number("$top", lambda top: 500 < top <= 1000), refused("$top", "must be lower or equal to 1000.")),
    ),
    Fault(
        "top-1-refused",
        ("top-accepted",),
        "A `$top` of 1 is refused.",
        gate(_number("$top", lambda top: top == 1), refused("$top")),
    ),
    Fault(
        "top-refused-with-order",
        ("top-accepted",),
        "`$top` is refused where there is an order.",
        gate(has("$top", "$orderBy"), refused("$top")),
    ),
    Fault(
        "top-not-above-100-in-full",
        ("top-accepted",),
        "A `$top` above 100 is refused in full representation.",
        gate(
            lambda call: full(call) and _number("$top", lambda top: 100 < top <= 1000)(call),
            refused("$top", "must be lower or equal to 1000."),
        ),
    ),
    Fault("top-ignored", ("top-limits",), "`$top` is ignored.", _top(lambda _query: 100)),
    Fault("top-plus-one", ("top-limits",), "A page holds one export too many.", _top(lambda query: query.top + 1)),
    Fault(
        "top-at-least-10",
        ("top-limits",),
        "A page holds no fewer than 10 exports.",
        _top(lambda query: max(10, query.top)),
    ),
    Fault(
        "top-ignored-with-filter",
        ("top-limits",),
        "`$top` is ignored where there is a filter.",
        _top(lambda _query: 1000, _filtered),
    ),
    Fault(
        "top-ignored-with-order",
        ("top-limits",),
        "`$top` is ignored where there is an order.",
        _top(lambda _query: 1000, has("$orderBy")),
    ),
    Fault(
        "top-ignored-on-bare-path",
        ("path-without-slash", "top-limits"),
        "`$top` is ignored on the path without a slash.",
        _top(lambda _query: 100, bare_path),
    ),
    Fault(
        "top-one-gives-two",
        ("top-limits",),
        "A `$top` of 1 gives two exports.",
        _top(lambda query: 2 if query.top == 1 else query.top),
    ),
    Fault(
        "top-by-batches-loses-one",
        ("top-fills",),
        "A page whose size is a multiple of 64 holds one export too few.",
        _top(lambda query: query.top - 1 if query.top % 64 == 0 else query.top),
    ),
    Fault(
        "top-minus-one", ("top-fills",), "A page holds one export too few.", _top(lambda query: max(1, query.top - 1))
    ),
    Fault(
        "top-capped-at-100",
        ("top-fills",),
        "A page never holds more than 100 exports.",
        _top(lambda query: min(100, query.top)),
    ),
    Fault(
        "top-capped-at-50-in-full",
        ("top-fills",),
        "A page in full representation never holds more than 50 exports.",
        _top(lambda query: min(50, query.top), full),
    ),
    Fault(
        "top-counts-hidden",
        ("top-fills", "list-complete"),
        "One export is taken off its page after the page was cut.",
        _sliced(_hidden_after_cut),
    ),
    Fault(
        "top-halved-on-later-pages",
        ("top-fills",),
        "Pages after the first are half full.",
        _top(lambda query: max(1, query.top // 2), later_page),
    ),
    Fault(
        "top-short-when-filtered",
        ("top-fills",),
        "A filtered page holds at most 20 exports.",
        _top(lambda query: min(20, query.top), _filtered),
    ),
    Fault(
        "top-maximum-unchecked",
        ("top-maximum",),
        "Any `$top` is accepted.",
        _reads("$top", r"[0-9]{4,}", lambda text: int(text[:1000])),
    ),
    Fault(
        "top-clamped", ("top-maximum",), "A `$top` above 1000 is taken as 1000.", _reads("$top", r"[0-9]{4,}", _clamped)
    ),
    Fault("top-1001-accepted", ("top-maximum",), "A `$top` of 1001 is accepted.", _maximum(1001)),
    Fault("top-1024-accepted", ("top-maximum",), "A `$top` up to 1024 is accepted.", _maximum(1024)),
    Fault("top-wraps", ("top-maximum",), "A `$top` beyond 2^32 wraps around.", _reads("$top", r"[0-9]{10,}", _wrapped)),
    Fault(
        "top-beyond-floats-ignored",
        ("top-maximum",),
        "A `$top` that a float is infinite for is ignored.",
        _reads("$top", r"[0-9]{310,}", lambda _text: None),
    ),
    Fault(
        "top-maximum-unchecked-with-filter",
        ("top-maximum",),
        "Any `$top` is accepted beside `iModelId`.",
        _unbounded(has("iModelId")),
    ),
    Fault(
        "top-maximum-unchecked-when-escaped",
        ("top-maximum",),
        "Any `$top` is accepted that is written `%24top`.",
        _unbounded(lambda call: b"%24top" in call.request.query),
    ),
    Fault(
        "top-maximum-unchecked-on-bare-path",
        ("path-without-slash", "top-maximum"),
        "Any `$top` is accepted on the path without a slash.",
        _unbounded(bare_path),
    ),
    Fault(
        "top-maximum-unchecked-behind-the-end",
        ("top-maximum",),
        "Any `$top` is accepted where `$skip` leaves nothing.",
        _unbounded(_number("$skip", lambda skip: skip > 5000)),
    ),
    Fault(
        "top-maximum-400",
        ("top-maximum", "status-documented"),
        "A `$top` above 1000 gets 400.",
        replies(lambda _call, answer: evolve(answer, status=400), 422, when=_number("$top", lambda top: top > 1000)),
    ),
    Fault(
        "top-negative-absolute",
        ("top-negative",),
        "A negative `$top` is taken without its sign.",
        _reads("$top", r"-[0-9]{1,3}", lambda text: int(text[1:])),
    ),
    Fault(
        "top-negative-means-all",
        ("top-negative",),
        "A `$top` of -1 means all.",
        _reads("$top", r"-1", lambda _text: 1000),
    ),
    Fault(
        "top-negative-ignored",
        ("top-negative",),
        "A negative `$top` is ignored.",
        _reads("$top", r"-[0-9]+", lambda _text: None),
    ),
    Fault(
        "top-word-ignored",
        ("top-number",),
        "A `$top` that is no number is ignored.",
        _reads("$top", r"[^0-9-][^0-9]*", lambda _text: None),
    ),
    Fault(
        "top-leading-digits",
        ("top-number",),
        "Of a `$top` the digits at its beginning count.",
        _reads("$top", r"[1-9][0-9]{0,2}[^0-9.].*", _leading),
    ),
    Fault(
        "top-null-ignored",
        ("top-number",),
        "A `$top` of `null` or `undefined` is ignored.",
        _reads("$top", r"null|undefined|NaN", lambda _text: None),
    ),
    Fault(
        "top-list-first",
        ("top-number",),
        "Of a `$top` with commas the first number counts.",
        _reads("$top", r"[1-9][0-9]{0,2},.*", lambda text: int(text.partition(",")[0])),
    ),
    Fault("default-page-50", ("top-default",), "Without `$top` a page holds 50 exports.", _default(50)),
    Fault("default-page-99", ("top-default",), "Without `$top` a page holds 99 exports.", _default(99)),
    Fault("default-page-1000", ("top-default",), "Without `$top` a page holds 1000 exports.", _default(1000)),
    Fault(
        "default-page-20-with-order",
        ("top-default",),
        "Without `$top` a page of an ordered list holds 20 exports.",
        _default(20, has("$orderBy")),
    ),
    Fault(
        "default-page-25-in-full",
        ("top-default", "prefer-same-data"),
        "Without `$top` a page in full representation holds 25 exports.",
        _default(25, full),
    ),
    Fault(
        "skip-zero-refused",
        ("skip-accepted",),
        "A `$skip` of 0 is refused.",
        gate(written("$skip", lambda text: text == "0"), refused("$skip")),
    ),
    Fault(
        "skip-above-1000-refused",
        ("skip-past-end", "skip-accepted"),
        "A `$skip` above 1000 is refused.",
        gate(_number("$skip", lambda skip: skip > 1000), refused("$skip", "must be lower or equal to 1000.")),
    ),
    Fault(
        "skip-above-65535-refused",
        ("skip-past-end", "skip-accepted"),
        "A `$skip` above 65535 is refused.",
        gate(_number("$skip", lambda skip: skip > 65535), refused("$skip")),
    ),
    Fault(
        "window-of-two-thousand",
        ("skip-accepted",),
        "A page that ends behind the 2000th export is refused.",
        gate(lambda call: _end(call) > 2000, refused("$skip")),
        needs={"size": 2400},
    ),
    Fault(
        "skip-refused-without-top",
        ("skip-accepted", "parameters-optional"),
        "`$skip` without `$top` is refused.",
        gate(lambda call: has("$skip")(call) and not has("$top")(call), refused("$skip")),
    ),
    Fault(
        "skip-refused-off-page",
        ("skip-accepted",),
        "A `$skip` that is no multiple of `$top` is refused.",
        gate(
            lambda call: any(
                text.isdecimal()
                and any(
                    top.isdecimal() and int(top[:9]) and int(text[:9]) % int(top[:9]) for top in texts(call, "$top")
                )
                for text in texts(call, "$skip")
            ),
            refused("$skip"),
        ),
    ),
    Fault("skip-ignored", ("skip-leaves-out",), "`$skip` is ignored.", _skip(lambda _query, _total: 0)),
    Fault(
        "skip-forgotten-in-second-batch",
        ("skip-leaves-out",),
        "What is read in batches of 200 forgets `$skip` from the second batch on.",
        _sliced(
            lambda _call, query, exports: (
                [*exports[query.skip : query.skip + 200], *exports[200 : query.top]]
                if query.top > 200
                else exports[query.skip : query.skip + query.top]
            )
        ),
    ),
    Fault(
        "skip-ignored-for-one-in-order",
        ("orderby-asc", "skip-leaves-out"),
        "`$skip` is ignored where one export of an ordered type is asked for.",
        _sliced(
            lambda _call, query, exports: exports[: query.top],
            lambda call: has("exportType", "$orderBy")(call) and texts(call, "$top") == ["1"],
        ),
    ),
    Fault(
        "page-from-the-wrong-end",
        ("orderby-desc",),
        "`date:desc` of an iModel and a type turns the last page round instead of the first.",
        _sliced(
            lambda _call, query, exports: exports[::-1][query.skip : query.skip + query.top][::-1],
            lambda call: has("iModelId", "exportType")(call) and texts(call, "$orderBy") == ["date:desc"],
        ),
    ),
    Fault(
        "skip-of-32-bits",
        ("skip-past-end",),
        "`$skip` begins anew beyond 32 bits.",
        _skip(lambda query, _total: query.skip % 2**32),
    ),
    Fault(
        "skip-minus-one",
        ("skip-leaves-out",),
        "A page begins one export too early.",
        _skip(lambda query, _total: query.skip - 1),
    ),
    Fault(
        "skip-plus-one",
        ("skip-leaves-out",),
        "A page after the first begins one export too late.",
        _skip(lambda query, _total: query.skip + 1, later_page),
    ),
    Fault(
        "skip-counts-pages",
        ("skip-leaves-out",),
        "`$skip` counts pages and not exports.",
        _skip(lambda query, _total: query.skip * query.top),
    ),
    Fault(
        "skip-to-page",
        ("skip-leaves-out",),
        "A page begins at a multiple of `$top`.",
        _skip(lambda query, _total: query.skip // max(1, query.top) * query.top),
    ),
    Fault(
        "skip-ignored-with-order",
        ("skip-leaves-out",),
        "`$skip` is ignored where there is an order.",
        _skip(lambda _query, _total: 0, has("$orderBy")),
    ),
    Fault(
        "skip-ignored-with-filter",
        ("skip-leaves-out",),
        "`$skip` is ignored where there is a filter.",
        _skip(lambda _query, _total: 0, _filtered),
    ),
    Fault(
        "skip-ignored-in-full",
        ("skip-leaves-out", "prefer-same-data"),
        "`$skip` is ignored in full representation.",
        _skip(lambda _query, _total: 0, full),
    ),
    Fault(
        "skip-ignored-without-top",
        ("skip-leaves-out",),
        "`$skip` is ignored without `$top`.",
        _skip(lambda _query, _total: 0, lambda call: not has("$top")(call)),
    ),
    Fault(
        "skip-before-filter",
        ("skip-leaves-out",),
        "`$skip` leaves out exports before they are filtered.",
        _skip_before("select"),
    ),
    Fault(
        "skip-before-order",
        ("skip-leaves-out",),
        "`$skip` leaves out exports before they are ordered.",
        _skip_before("order"),
    ),
    Fault(
        "skip-one-lost",
        ("skip-leaves-out",),
        "A `$skip` of 100 or more leaves out one export more.",
        _skip(lambda query, _total: query.skip + (query.skip >= 100)),
    ),
    Fault(
        "skip-seven-bits",
        ("skip-leaves-out",),
        "Of `$skip` only the lowest seven bits count.",
        _skip(lambda query, _total: query.skip & 0x7F),
    ),
    Fault(
        "skip-past-end-wraps",
        ("skip-past-end",),
        "A `$skip` past the end begins anew.",
        _skip(lambda query, total: query.skip % max(1, total)),
    ),
    Fault(
        "skip-past-end-last-page",
        ("skip-past-end",),
        "A `$skip` past the end gives the last page.",
        _skip(lambda query, total: min(query.skip, max(0, total - query.top))),
    ),
    Fault(
        "skip-past-end-refused",
        ("skip-past-end", "skip-accepted"),
        "A `$skip` past the end is refused.",
        gate(_far, refused("$skip")),
    ),
    Fault(
        "skip-past-end-404",
        ("skip-past-end", "status-documented"),
        "A `$skip` past the end gets 404.",
        gate(_far, not_found),
    ),
    Fault(
        "skip-of-whole-gives-one",
        ("skip-past-end",),
        "A `$skip` of the whole selection leaves its last export.",
        _skip(lambda query, total: total - 1 if query.skip == total else query.skip),
    ),
    Fault(
        "skip-by-tens-in-order",
        ("skip-leaves-out",),
        "In an ordered list a `$skip` is rounded down to tens.",
        _skip(lambda query, _total: query.skip // 10 * 10, has("$orderBy")),
    ),
    Fault(
        "last-one-alone-lost",
        ("skip-leaves-out",),
        "A `$skip` that leaves one export alone leaves none.",
        _skip(lambda query, total: total if query.skip == total - 1 > 0 else query.skip),
    ),
    Fault(
        "skip-of-whole-refused",
        ("skip-past-end", "skip-accepted"),
        "A `$skip` of the whole list is refused.",
        gate(_at_end, refused("$skip")),
    ),
    Fault(
        "skip-negative-ignored",
        ("skip-negative",),
        "A negative `$skip` is ignored.",
        _reads("$skip", r"-[0-9]+", lambda _text: None),
    ),
    Fault(
        "skip-negative-absolute",
        ("skip-negative",),
        "A negative `$skip` is taken without its sign.",
        _reads("$skip", r"-[0-9]{1,9}", lambda text: int(text[1:])),
    ),
    Fault(
        "skip-word-ignored",
        ("skip-number",),
        "A `$skip` that is no number is ignored.",
        _reads("$skip", r"[^0-9-][^0-9]*", lambda _text: None),
    ),
    Fault(
        "skip-leading-digits",
        ("skip-number",),
        "Of a `$skip` the digits at its beginning count.",
        _reads("$skip", r"[0-9]{1,9}[^0-9.].*", _leading),
    ),
)
"""The faults of this theme."""
