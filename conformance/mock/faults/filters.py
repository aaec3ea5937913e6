"""Faults of the filters: `iModelId`, `changesetId`, `exportType`, `tileVersion`, `iTwinJS`, alone and together."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..access import not_found
from ..answers import refusal
from ..model import Answer, InvalidValueError, Problem
from ..parameters import pairs
from ..selection import of_type
from .tools import (
    MOVING,
    CallTest,
    Change,
    Fault,
    around,
    bare_path,
    crash,
    for_one_changeset,
    for_one_imodel,
    forgets,
    full,
    gate,
    has,
    later_page,
    matched,
    parser,
    refused,
    selected,
    texts,
    without,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..model import Call, Export, Query

_ZERO = re.compile(r"0+e[0-9]+")
# What SQL writes otherwise than a shell.
_LIKE = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_CONDITIONS: tuple[tuple[str, str, CallTest], ...] = (
    ("with-order", "where there is an order", has("$orderBy")),
    ("on-later-pages", "on pages after the first", later_page),
    ("in-full", "in full representation", full),
    ("on-bare-path", "on the path without a slash", bare_path),
    ("with-order-and-cdn", "where there are an order and `cdn`", has("$orderBy", "cdn")),
)
_BOTH_VERSIONS = has("tileVersion", "iTwinJS")


def _index_of_the_start(name: str) -> Change:
    def wrapper(select: Any) -> Any:
        first: set[str] = set()

        def selected(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            if not first:
                first.update(export.id for export in exports)
            right = select(call, query, exports)
            return [export for export in right if export.id in first] if name in query.values else right

        return selected

    return around("select", wrapper)


def _of_imodel(export: Export) -> str:
    return export.imodel_id.lower()


def _of_changeset(export: Export) -> str:
    return export.changeset_id.lower()


def _of_type(export: Export) -> str:
    return export.export_type


def _middle(exports: Sequence[Export]) -> int:
    # Chosen by what does not depend on the order: the same export of the same selection each time.
    return sorted(exports, key=lambda export: export.number)[len(exports) // 2].number


def _leaks_one(name: str) -> Change:
    def leak(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        known = {export.number for export in exports}
        stranger = next((export for export in reversed(call.exports) if export.number not in known), None)
        return [*exports, stranger] if name in query.values and exports and stranger else exports

    return selected(leak)


def _loses_one(name: str, when: CallTest | None = None) -> Change:
    def lose(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        if name not in query.values or len(exports) < 2:
            return exports
        lost = _middle(exports)
        return [export for export in exports if export.number != lost]

    return selected(lose, when)


def _loses(name: str, test: Callable[[Call, Export], bool]) -> Change:
    def lose(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        return [export for export in exports if not test(call, export)] if name in query.values else exports

    return selected(lose)


def _finds_nothing(name: str, when: CallTest | None = None) -> Change:
    return selected(lambda _call, query, exports: [] if name in query.values else exports, when)


def _after_page(name: str) -> Change:
    """Cuts the page first and filters what is on it."""

    def wrapper(list_exports: Any) -> Any:
        def listed(call: Call, query: Query) -> Any:
            if name not in query.values:
                return list_exports(call, query)
            stages, wanted = call.stages, query.values[name]

            def cut(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
                page = stages.slice(call, query, exports)
                return [export for export in page if stages.matchers[name](call, export, wanted)]

            return list_exports(evolve(call, stages=evolve(stages, slice=cut)), without(query, name))

        return listed

    return around("list_exports", wrapper)


def _one_refused(name: str, of: Callable[[Export], str]) -> Change:
    def test(call: Call) -> bool:
        values = sorted({of(export) for export in call.exports} - {""})
        return bool(values) and values[len(values) // 2] in texts(call, name)

    return gate(test, refused(name))


def _takes(name: str, form: str, clean: Callable[[str], str] = str) -> Change:
    """Accepts what has a form beside what is right."""

    def wrapper(own: Any) -> Any:
        def read(call: Call, text: str) -> Any:
            return clean(text.lower()) if re.fullmatch(form, text, re.IGNORECASE | re.DOTALL) else own(call, text)

        return read

    return parser(name, wrapper)


def _takes_as_absent(name: str) -> Change:
    def wrapper(own: Any) -> Any:
        def read(call: Call, text: str) -> Any:
            try:
                return own(call, text)
            except InvalidValueError:
                return None

        return read

    return parser(name, wrapper)


def _invalid(name: str, form: re.Pattern[str]) -> CallTest:
    return written(name, lambda text: bool(text) and not form.fullmatch(text.lower()))


def _bad_request(call: Call) -> Answer:
    return refusal(call, 400, Problem("BadRequest", "The request is malformed.", None))


def _ignored_somewhere(name: str, slug: str) -> Iterator[Fault]:
    """A filter that is forgotten under each condition in turn; the path without a slash has a promise of its own."""
    for slot, where, when in _CONDITIONS:
        broken = ("path-without-slash", f"{slug}-only") if when is bare_path else (f"{slug}-only",)
        yield Fault(f"{slug}-ignored-{slot}", broken, f"`{name}` filters nothing {where}.", forgets(name, when=when))


def _identifier_faults(name: str, slug: str, form: re.Pattern[str], of: Callable[[Export], str]) -> tuple[Fault, ...]:
    only, complete, accepted = (f"{slug}-only",), (f"{slug}-complete",), (f"{slug}-accepted",)
    invalid, near = (f"{slug}-invalid",), (f"{slug}-format",)
    return (
        Fault(f"{slug}-ignored", only, f"`{name}` filters nothing.", forgets(name)),
        *_ignored_somewhere(name, slug),
        Fault(
            f"{slug}-ignored-with-both-versions",
            ("tileversion-combines", "itwinjs-combines", only[0]),
            f"`{name}` filters nothing beside `tileVersion` and `iTwinJS`.",
            forgets(name, when=_BOTH_VERSIONS),
        ),
        Fault(
            f"{slug}-compared-at-start",
            only,
            f"Only the first 8 digits of `{name}` are compared, or all but the last.",
            matched(
                name,
                lambda _call, export, wanted: (
                    of(export)[: 8 if len(wanted) == 40 else 35] == wanted[: 8 if len(wanted) == 40 else 35]
                ),
            ),
        ),
        Fault(f"{slug}-leaks-one", only, f"The filter by `{name}` returns one export too many.", _leaks_one(name)),
        Fault(f"{slug}-loses-one", complete, f"The filter by `{name}` loses one export.", _loses_one(name)),
        Fault(
            f"{slug}-loses-unfinished",
            complete,
            f"The filter by `{name}` returns complete exports only.",
            _loses(name, lambda _call, export: export.status != "Complete"),
        ),
        Fault(f"{slug}-finds-nothing", complete, f"The filter by `{name}` finds nothing.", _finds_nothing(name)),
        Fault(
            f"{slug}-finds-nothing-in-full",
            complete,
            f"The filter by `{name}` finds nothing in full representation.",
            _finds_nothing(name, full),
        ),
        Fault(
            f"{slug}-after-page",
            complete,
            f"The filter by `{name}` is applied to the page and not to the list.",
            _after_page(name),
        ),
        Fault(
            f"{slug}-one-value-refused", accepted, f"One `{name}` of the collection is refused.", _one_refused(name, of)
        ),
        Fault(
            f"{slug}-refused-with-skip",
            accepted,
            f"`{name}` is refused on later pages.",
            gate(lambda call: has(name)(call) and later_page(call), refused(name)),
        ),
        Fault(
            f"{slug}-anything-accepted", invalid, f"Any `{name}` is accepted, and finds nothing.", _takes(name, r".*")
        ),
        Fault(f"{slug}-invalid-ignored", invalid, f"A `{name}` that is none is ignored.", _takes_as_absent(name)),
        Fault(
            f"{slug}-invalid-400",
            (*invalid, "status-documented"),
            f"A `{name}` that is none gets 400.",
            gate(_invalid(name, form), _bad_request),
        ),
        Fault(
            f"{slug}-invalid-404",
            (*invalid, "status-documented"),
            f"A `{name}` that is none gets 404.",
            gate(_invalid(name, form), not_found),
        ),
        Fault(
            f"{slug}-invalid-crashes",
            ("status-no-server-error", *invalid),
            f"A `{name}` that is none ends in a server error.",
            gate(_invalid(name, form), crash),
        ),
        Fault(
            f"{slug}-end-unchecked", near, f"A `{name}` may have more at its end.", _takes(name, form.pattern + r".+")
        ),
        Fault(
            f"{slug}-with-newline-finds-nothing",
            near,
            f"A `{name}` may end in a line break, as where `$` of a pattern lets it, and finds nothing then.",
            _takes(name, form.pattern + r"\n"),
        ),
        Fault(
            f"{slug}-start-unchecked",
            near,
            f"A `{name}` may have more at its beginning.",
            _takes(name, r".+" + form.pattern),
        ),
        Fault(
            f"{slug}-letters-unchecked",
            near,
            f"A `{name}` may have letters beyond f.",
            _takes(name, form.pattern.replace("a-f", "a-z")),
        ),
    )


def _compatibility_faults(name: str, slug: str, current: str) -> tuple[Fault, ...]:
    accepted, subset, steady, combines = (
        (f"{slug}-accepted",),
        (f"{slug}-subset",),
        (f"{slug}-steady",),
        (f"{slug}-combines",),
    )
    other = "iTwinJS" if name == "tileVersion" else "tileVersion"
    return (
        Fault(
            f"{slug}-current-refused",
            accepted,
            f"The current `{name}` is refused.",
            gate(written(name, lambda text: text == current), refused(name)),
        ),
        Fault(f"{slug}-refused", accepted, f"Any `{name}` is refused.", gate(has(name), refused(name))),
        Fault(
            f"{slug}-refused-with-type",
            accepted,
            f"`{name}` is refused beside `exportType`.",
            gate(has(name, "exportType"), refused(name)),
        ),
        Fault(f"{slug}-adds-one", subset, f"`{name}` brings an export that the list does not have.", _adds_one(name)),
        Fault(f"{slug}-adds-expired", subset, f"`{name}` brings back exports that have expired.", _adds_expired(name)),
        Fault(
            f"{slug}-flickers",
            steady,
            f"`{name}` loses an export in every third answer.",
            _loses_one(name, lambda call: call.number % 3 == 2),
        ),
        Fault(
            f"{slug}-ignored-on-later-pages",
            steady,
            f"`{name}` filters nothing on pages after the first.",
            forgets(name, when=later_page),
        ),
        Fault(
            f"{slug}-by-order",
            steady,
            f"`{name}` loses an export where there is an order.",
            _loses_one(name, has("$orderBy")),
        ),
        Fault(
            f"{slug}-after-page",
            steady,
            f"The filter by `{name}` is applied to the page and not to the list.",
            _after_page(name),
        ),
        Fault(
            f"{slug}-alone",
            combines,
            f"`{name}` puts every other filter out of force.",
            forgets("iModelId", "changesetId", "exportType", other, when=has(name)),
        ),
        Fault(
            f"{slug}-drops-type",
            combines,
            f"`{name}` puts `exportType` out of force.",
            forgets("exportType", when=has(name)),
        ),
        Fault(
            f"{slug}-ignored-with-imodelid",
            combines,
            f"`{name}` filters nothing beside `iModelId`.",
            forgets(name, when=has("iModelId")),
        ),
        Fault(
            f"{slug}-or-type",
            combines,
            f"`{name}` or `exportType` is enough.",
            around("select", _either(name, "exportType")),
        ),
    )


def _either(*names: str) -> Callable[[Any], Any]:
    """Joins some filters by OR."""

    def wrapper(select: Any) -> Any:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            given = [name for name in names if name in query.values]
            if len(given) < 2:
                return select(call, query, exports)
            passed = [
                export
                for export in exports
                if any(call.stages.matchers[name](call, export, query.values[name]) for name in given)
            ]
            return select(call, without(query, *given), passed)

        return other

    return wrapper


def _last_wins(select: Any) -> Any:
    """Has each filter make the one before it forgotten."""

    def other(call: Call, query: Query, exports: Sequence[Export]) -> Any:
        given = [name for name, _ in pairs(call.request.query) if name in _PLAIN]
        return select(call, without(query, *given[:-1]), exports)

    return other


def _adds_one(name: str) -> Change:
    def add(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        if name not in query.values or not exports:
            return exports
        last = max(exports, key=lambda export: export.number)
        return [*exports, evolve(last, number=last.number + 10_000, id=f"{last.id[:24]}00000000{last.id[-4:]}")]

    return selected(add)


def _expired(export: Export) -> Export:
    return evolve(export, number=export.number + 10_000, id=f"{export.id[:-4]}dead")


def _adds_expired(name: str) -> Change:
    def add(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        if name not in query.values:
            return exports
        old = [export for export in exports if export.number % 25 == 0]
        return [*exports, *map(_expired, old)]

    return selected(add)


def _expired_of_a_version(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    if not {"iModelId", "changesetId"} <= query.values.keys():
        return exports
    old = [export for export in exports if export.number % 83 == 5]
    return [*exports, *map(_expired, old)]


def _first_owner(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    if "changesetId" not in query.values or "iModelId" in query.values or not exports:
        return exports
    owner = min(exports, key=lambda export: export.number).imodel_id
    return [export for export in exports if export.imodel_id == owner]


def _newest_only(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    if "iModelId" not in query.values or not exports:
        return exports
    newest = max(export.changeset_index for export in exports)
    return [export for export in exports if export.changeset_index == newest]


def _type_refused(word: str) -> Change:
    return gate(written("exportType", lambda text: text == word), refused("exportType"))


_TYPE = "exportType"
_PLAIN = ("iModelId", "changesetId", "exportType")

FAULTS = (
    *_identifier_faults("iModelId", "imodelid", _UUID, _of_imodel),
    *_identifier_faults("changesetId", "changesetid", re.compile(r"[0-9a-f]{40}"), _of_changeset),
    Fault(
        "imodelid-newest-only",
        ("imodelid-complete",),
        "The filter by `iModelId` returns the newest changeset only.",
        selected(_newest_only),
    ),
    Fault(
        "imodelid-without-changesets",
        ("imodelid-complete",),
        "An iModel that has no changesets yet finds nothing.",
        _loses("iModelId", lambda _call, export: not export.changeset_id),
    ),
    Fault(
        "changesetid-of-digits-finds-nothing",
        ("changesetid-complete",),
        "A `changesetId` of decimal digits alone is made a number of, and finds nothing.",
        _loses("changesetId", lambda _call, export: export.changeset_id.isdecimal()),
    ),
    Fault(
        "changesetid-compared-as-number",
        ("changesetid-only",),
        "Changeset ids that look like numbers are compared as such: all that are `0e` and digits are zero.",
        matched(
            "changesetId",
            lambda _call, export, wanted: (
                _of_changeset(export) == wanted
                or bool(_ZERO.fullmatch(wanted) and _ZERO.fullmatch(_of_changeset(export)))
            ),
        ),
    ),
    Fault(
        "changesetid-of-one-imodel",
        ("changesetid-complete",),
        "The filter by `changesetId` returns the exports of one iModel only.",
        selected(_first_owner),
    ),
    Fault(
        "changesetid-needs-imodelid",
        ("parameters-optional", "changesetid-accepted"),
        "`changesetId` without `iModelId` is refused.",
        gate(
            lambda call: has("changesetId")(call) and not has("iModelId")(call),
            refused("iModelId", "is required beside changesetId."),
        ),
    ),
    Fault(
        "changesetid-unjudged-beside-imodelid",
        ("changesetid-invalid", "changesetid-format"),
        "A `changesetId` beside an `iModelId` may be anything.",
        parser(
            "changesetId", lambda own: lambda call, text: text.lower() if has("iModelId")(call) else own(call, text)
        ),
    ),
    Fault(
        "changesetid-short-accepted",
        ("changesetid-format",),
        "A `changesetId` may be shorter than 40 digits.",
        _takes("changesetId", r"[0-9a-f]{1,39}"),
    ),
    Fault(
        "changesetid-39-accepted",
        ("changesetid-format",),
        "A `changesetId` of 39 digits is accepted.",
        _takes("changesetId", r"[0-9a-f]{39}"),
    ),
    Fault(
        "changesetid-as-number-accepted",
        ("changesetid-format",),
        "A `changesetId` may be any 40 characters that make a hexadecimal number: `0x…`, or with underscores.",
        _takes("changesetId", r"0x[0-9a-f]{38}"),
    ),
    Fault(
        "imodelid-list-accepted",
        ("imodelid-format",),
        "An `iModelId` may be several, with a comma between.",
        _takes("iModelId", r"[0-9a-f-]{36},[0-9a-f-]{36}"),
    ),
    Fault(
        "changesetid-sha256-accepted",
        ("changesetid-format",),
        "A `changesetId` of 64 digits is accepted.",
        _takes("changesetId", r"[0-9a-f]{64}"),
    ),
    *(
        Fault(
            f"exporttype-{word.lower()}-refused",
            ("exporttype-accepted",),
            f"The type {word} is refused.",
            _type_refused(word),
        )
        for word in ("3DTiles", "IMODEL", "CESIUM", "3DFT")
    ),
    Fault(
        "exporttype-refused-with-order",
        ("exporttype-accepted",),
        "`exportType` is refused where there is an order.",
        gate(has(_TYPE, "$orderBy"), refused(_TYPE)),
    ),
    Fault("exporttype-ignored", ("exporttype-only",), "`exportType` filters nothing.", forgets(_TYPE)),
    *_ignored_somewhere(_TYPE, "exporttype"),
    Fault(
        "exporttype-ignored-with-both-versions",
        ("tileversion-combines", "itwinjs-combines", "exporttype-only"),
        "`exportType` filters nothing beside `tileVersion` and `iTwinJS`.",
        forgets(_TYPE, when=_BOTH_VERSIONS),
    ),
    Fault(
        "exporttype-compared-at-start",
        ("exporttype-only",),
        "Only the first two letters of `exportType` are compared.",
        matched(_TYPE, lambda _call, export, wanted: export.export_type[:2].upper() == wanted[:2].upper()),
    ),
    Fault(
        "exporttype-leaks-one",
        ("exporttype-only",),
        "The filter by `exportType` returns one export too many.",
        _leaks_one(_TYPE),
    ),
    Fault(
        "exporttype-cesium-gets-tiles",
        ("exporttype-only",),
        "The filter by CESIUM returns 3D tiles too.",
        matched(
            _TYPE,
            lambda _call, export, wanted: (
                export.export_type == wanted
                or (wanted.upper() == "3DTILES" and export.export_type == "3DTiles")
                or (wanted == "CESIUM" and export.export_type == "3DTiles")
            ),
        ),
    ),
    Fault(
        "exporttype-like-pattern",
        ("exporttype-only",),
        "`exportType` is a pattern as SQL has them for LIKE: `%` and `_` stand for anything.",
        matched(
            _TYPE,
            lambda call, export, wanted: (
                of_type(call, export, wanted) or fnmatchcase(export.export_type, wanted.translate(_LIKE))
            ),
        ),
    ),
    Fault(
        "exporttype-loses-one",
        ("exporttype-complete",),
        "The filter by `exportType` loses one export.",
        _loses_one(_TYPE),
    ),
    Fault(
        "exporttype-loses-unfinished",
        ("exporttype-complete",),
        "The filter by `exportType` returns complete exports only.",
        _loses(_TYPE, lambda _call, export: export.status != "Complete"),
    ),
    Fault(
        "exporttype-finds-nothing",
        ("exporttype-complete",),
        "The filter by `exportType` finds nothing.",
        _finds_nothing(_TYPE),
    ),
    Fault(
        "exporttype-3dft-finds-nothing",
        ("exporttype-complete",),
        "The filter by 3DFT finds nothing.",
        _loses(_TYPE, lambda _call, export: export.export_type == "3DFT"),
    ),
    Fault(
        "exporttype-after-page",
        ("exporttype-complete",),
        "The filter by `exportType` is applied to the page and not to the list.",
        _after_page(_TYPE),
    ),
    Fault(
        "exporttype-loses-one-in-order",
        ("orderby-complete", "exporttype-complete"),
        "The filter by `exportType` loses one export where there is an order.",
        _loses_one(_TYPE, has("$orderBy")),
    ),
    *_compatibility_faults("tileVersion", "tileversion", "37"),
    *_compatibility_faults("iTwinJS", "itwinjs", "5.13.3"),
    Fault(
        "tileversion-ignored-for-one-changeset",
        ("tileversion-combines",),
        "`tileVersion` filters nothing beside one changeset of several.",
        forgets("tileVersion", when=for_one_changeset),
    ),
    Fault(
        "itwinjs-ignored-for-one-imodel",
        ("itwinjs-combines",),
        "`iTwinJS` filters nothing beside one iModel of several.",
        forgets("iTwinJS", when=for_one_imodel),
    ),
    Fault(
        "filters-joined-by-or",
        ("filters-combine",),
        "An export that passes one of several filters is returned.",
        around("select", _either(*_PLAIN)),
    ),
    Fault(
        "last-filter-wins",
        ("filters-combine",),
        "Of several filters the one that the query has last is kept.",
        around("select", _last_wins),
    ),
    Fault(
        "imodelid-adds-expired",
        ("list-complete",),
        "`iModelId` brings back exports that the whole list lacks.",
        _adds_expired("iModelId"),
    ),
    Fault(
        "version-has-expired",
        ("list-complete",),
        "The exports of some changesets of an iModel, asked for by both, have one that has expired.",
        selected(_expired_of_a_version),
    ),
    Fault(
        "imodelid-or-changesetid",
        ("filters-combine",),
        "`iModelId` or `changesetId` is enough.",
        around("select", _either("iModelId", "changesetId")),
    ),
    Fault(
        "type-forgotten-beside-imodelid",
        ("filters-combine",),
        "`exportType` filters nothing beside `iModelId`.",
        forgets(_TYPE, when=has("iModelId")),
    ),
    Fault(
        "imodelid-forgotten-beside-changesetid",
        ("filters-combine",),
        "`iModelId` filters nothing beside `changesetId`.",
        forgets("iModelId", when=has("changesetId")),
    ),
    Fault(
        "changesetid-forgotten-beside-type",
        ("filters-combine",),
        "`changesetId` filters nothing beside `exportType`.",
        forgets("changesetId", when=has(_TYPE)),
    ),
    Fault(
        "third-filter-forgotten",
        ("filters-combine",),
        "Of three filters the last is forgotten.",
        forgets(_TYPE, when=has("iModelId", "changesetId")),
    ),
    Fault(
        "type-index-of-the-start",
        ("exporttype-complete",),
        "`exportType` does not find what was started after the first request.",
        _index_of_the_start(_TYPE),
        needs=MOVING,
    ),
    Fault(
        "imodel-index-of-the-start",
        ("imodelid-complete",),
        "`iModelId` does not find what was started after the first request.",
        _index_of_the_start("iModelId"),
        needs=MOVING,
    ),
    Fault(
        "two-filters-find-nothing",
        ("filters-combine",),
        "`iModelId` and `exportType` together find nothing.",
        selected(lambda _call, query, exports: [] if {"iModelId", _TYPE} <= query.values.keys() else exports),
    ),
    Fault(
        "two-filters-lose-one",
        ("filters-combine",),
        "`changesetId` and `exportType` together lose one export.",
        _loses_one("changesetId", has(_TYPE)),
    ),
    Fault(
        "filters-forgotten-in-full-order",
        ("filters-combine",),
        "Two filters in full representation and in order: the second is forgotten.",
        forgets(_TYPE, when=lambda call: full(call) and has("iModelId", "$orderBy")(call)),
    ),
)
"""The faults of this theme."""
