"""Faults of `$orderBy` and of `cdn`."""

from __future__ import annotations

import hashlib
import random
import re
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..representation import CDN_HOST, MESH_HOST
from .tools import (
    CallTest,
    Change,
    Fault,
    around,
    for_one_changeset,
    for_one_imodel,
    full,
    gate,
    has,
    items,
    later_page,
    omit,
    one,
    one_complete,
    parser,
    put,
    refused,
    selected,
    texts,
    without,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..model import Call, Export, Json, Query

    Orderer = Callable[[Call, Query, Sequence[Export]], Sequence[Export]]

_ASC, _DESC = "date:asc", "date:desc"


def _is(text: str) -> Callable[[str], bool]:
    return lambda other: other == text


def _asks(text: str) -> CallTest:
    return written("$orderBy", _is(text))


def _when_ordered(change: Orderer, *orders: str, when: CallTest | None = None) -> Change:
    """Orders differently where one of some orders is asked for; the exports come in the right order."""

    def wrapper(own: Orderer) -> Orderer:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
            right = own(call, query, exports)
            asked = query.values.get("$orderBy") in (orders or (_ASC, _DESC))
            return change(call, query, right) if asked and (when is None or when(call)) else right

        return other

    return around("order", wrapper)


def _ignored(order: str, when: CallTest | None = None) -> Change:
    def wrapper(own: Orderer) -> Orderer:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
            meant = query.values.get("$orderBy") == order and (when is None or when(call))
            return own(call, without(query, "$orderBy") if meant else query, exports)

        return other

    return around("order", wrapper)


def _reversed(_call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return exports[::-1]


def _by(key: Callable[[Export], Any], order: str) -> Change:
    return _when_ordered(lambda _call, _query, exports: sorted(exports, key=key, reverse=order == _DESC), order)


def _day(export: Export) -> Any:
    # Sorted by number first, so that exports of one day do not stand in order of time.
    return (export.last_modified.date(), export.number)


def _text(export: Export) -> Any:
    date = export.last_modified
    return f"{date.month}/{date.day}/{date.year} {date:%H:%M:%S}"


def _one_misplaced(call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    strays = [export for export in exports if one(call, export)]
    rest = [export for export in exports if not one(call, export)]
    middle = len(rest) // 2
    if strays and rest and abs(exports.index(strays[0]) - middle) < 5:
        middle = 0
    return [*rest[:middle], *strays, *rest[middle:]]


def _complete_first(_call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return sorted(exports, key=lambda export: export.status != "Complete")


def _swapped(_call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    mixed = list(exports)
    for place in range(len(mixed) * 2 // 3, len(mixed) - 1):
        if mixed[place].last_modified != mixed[place + 1].last_modified:
            mixed[place], mixed[place + 1] = mixed[place + 1], mixed[place]
            break
    return mixed


def _per_page(order: str) -> Change:
    """Cuts the page before it is ordered."""

    def slice_wrapper(own: Any) -> Any:
        def cut(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            page = own(call, query, exports)
            if query.values.get("$orderBy") != order:
                return page
            return sorted(page, key=lambda export: export.last_modified, reverse=order == _DESC)

        return cut

    return lambda stages: around("slice", slice_wrapper)(_ignored(order)(stages))


def _one_of_each_date(_call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return list({export.last_modified: export for export in exports}.values())


def _but(test: Callable[[Call, Export], bool]) -> Orderer:
    return lambda call, _query, exports: [export for export in exports if not test(call, export)]


def _ties(seed: Callable[[Call, Query], object], *orders: str) -> Change:
    """Mixes the exports of one date."""

    def mix(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        sign = -1 if query.values["$orderBy"] == _DESC else 1
        rng = random.Random(str(seed(call, query)))  # noqa: S311 - an order, not a secret
        return sorted(exports, key=lambda export: (sign * export.last_modified.timestamp(), rng.random()))

    return _when_ordered(mix, *orders)


def _reads(test: Callable[[str], bool], order: str | None) -> Change:
    return parser("$orderBy", lambda own: lambda call, text: order if test(text) else own(call, text))


def _asked_cdn(call: Call) -> bool:
    return texts(call, "cdn")[:1] == ["1"]


def _mesh(to: Callable[[Call, Export, str], str], when: Callable[[Call, Export], bool]) -> Change:
    def show(call: Call, export: Export, item: Json) -> Any:
        return put(item, ("_links", "mesh", "href"), lambda href: to(call, export, href))

    return items(show, when)


def _off_cdn(_call: Call, _export: Export, href: str) -> str:
    return href.replace(CDN_HOST, MESH_HOST)


def _on_cdn(_call: Call, _export: Export, href: str) -> str:
    return href.replace(MESH_HOST, CDN_HOST)


def _some(exports: Iterable[Export], share: int) -> list[Export]:
    return [export for export in exports if hashlib.sha256(export.id.encode()).digest()[0] % share]


def _escaped_in_lower_case(call: Call) -> bool:
    return re.search(rb"%[0-9]?[a-f]", call.request.query) is not None


FAULTS = (
    Fault(
        "newest-is-newest-complete",
        ("orderby-desc",),
        "Who asks for the newest alone gets the newest that is complete.",
        _when_ordered(
            _complete_first, _DESC, when=lambda call: texts(call, "$top") == ["1"] and not texts(call, "$skip")
        ),
    ),
    Fault(
        "orderby-escaped-in-lower-case",
        ("orderby-accepted",),
        "An escape with lower-case digits in `$orderBy` is not understood.",
        gate(lambda call: has("$orderBy")(call) and _escaped_in_lower_case(call), refused("$orderBy")),
    ),
    Fault("asc-refused", ("orderby-accepted",), "`date:asc` is refused.", gate(_asks(_ASC), refused("$orderBy"))),
    Fault("desc-refused", ("orderby-accepted",), "`date:desc` is refused.", gate(_asks(_DESC), refused("$orderBy"))),
    Fault(
        "order-refused-with-filter",
        ("orderby-accepted",),
        "An order is refused beside `iModelId`.",
        gate(has("$orderBy", "iModelId"), refused("$orderBy")),
    ),
    Fault(
        "order-refused-in-full",
        ("orderby-accepted",),
        "An order is refused in full representation.",
        gate(lambda call: has("$orderBy")(call) and full(call), refused("$orderBy")),
    ),
    Fault("asc-ignored", ("orderby-asc",), "`date:asc` is ignored.", _ignored(_ASC)),
    Fault("asc-is-desc", ("orderby-asc",), "`date:asc` gives what `date:desc` gives.", _when_ordered(_reversed, _ASC)),
    Fault("asc-by-name", ("orderby-asc",), "`date:asc` orders by name.", _by(lambda export: export.display_name, _ASC)),
    Fault("asc-by-day", ("orderby-asc",), "`date:asc` orders by day and forgets the time.", _by(_day, _ASC)),
    Fault(
        "asc-by-text",
        ("orderby-asc",),
        "`date:asc` orders dates as text, the month first and without zeros.",
        _by(_text, _ASC),
    ),
    Fault(
        "asc-one-misplaced",
        ("orderby-asc",),
        "With `date:asc` one export of hundreds stands elsewhere.",
        _when_ordered(_one_misplaced, _ASC),
    ),
    Fault(
        "asc-two-swapped",
        ("orderby-asc",),
        "With `date:asc` two neighbours have changed places.",
        _when_ordered(_swapped, _ASC),
    ),
    Fault("asc-per-page", ("orderby-asc",), "`date:asc` orders each page for itself.", _per_page(_ASC)),
    Fault(
        "asc-ignored-with-type",
        ("orderby-asc",),
        "`date:asc` is ignored beside `exportType`.",
        _ignored(_ASC, has("exportType")),
    ),
    Fault(
        "asc-ignored-for-one-imodel",
        ("orderby-asc",),
        "`date:asc` is ignored for one iModel of several.",
        _ignored(_ASC, for_one_imodel),
    ),
    Fault(
        "asc-ignored-for-one-changeset",
        ("orderby-asc",),
        "`date:asc` is ignored for one changeset of several.",
        _ignored(_ASC, for_one_changeset),
    ),
    Fault(
        "asc-ignored-in-full",
        ("orderby-asc", "prefer-same-data"),
        "`date:asc` is ignored in full representation.",
        _ignored(_ASC, full),
    ),
    Fault("desc-ignored", ("orderby-desc",), "`date:desc` is ignored.", _ignored(_DESC)),
    Fault(
        "desc-is-asc", ("orderby-desc",), "`date:desc` gives what `date:asc` gives.", _when_ordered(_reversed, _DESC)
    ),
    Fault("desc-by-id", ("orderby-desc",), "`date:desc` orders by id.", _by(lambda export: export.id, _DESC)),
    Fault("desc-by-day", ("orderby-desc",), "`date:desc` orders by day and forgets the time.", _by(_day, _DESC)),
    Fault(
        "desc-by-text",
        ("orderby-desc",),
        "`date:desc` orders dates as text, the month first and without zeros.",
        _by(_text, _DESC),
    ),
    Fault(
        "desc-one-misplaced",
        ("orderby-desc",),
        "With `date:desc` one export of hundreds stands elsewhere.",
        _when_ordered(_one_misplaced, _DESC),
    ),
    Fault("desc-per-page", ("orderby-desc",), "`date:desc` orders each page for itself.", _per_page(_DESC)),
    Fault(
        "desc-ignored-on-later-pages",
        ("orderby-desc",),
        "`date:desc` is ignored on pages after the first.",
        _ignored(_DESC, later_page),
    ),
    Fault(
        "desc-ignored-with-imodelid",
        ("orderby-desc",),
        "`date:desc` is ignored beside `iModelId`.",
        _ignored(_DESC, has("iModelId")),
    ),
    Fault(
        "desc-ignored-with-changeset-and-type",
        ("orderby-desc",),
        "`date:desc` is ignored beside `changesetId` and `exportType`.",
        _ignored(_DESC, has("changesetId", "exportType")),
    ),
    Fault(
        "order-drops-unfinished",
        ("orderby-complete",),
        "An order leaves out what is not started.",
        _when_ordered(_but(lambda _call, export: export.status == "NotStarted")),
    ),
    Fault(
        "order-drops-one",
        ("orderby-complete",),
        "An order leaves out one export of hundreds.",
        _when_ordered(_but(one)),
    ),
    Fault(
        "order-drops-ties",
        ("orderby-complete",),
        "An order keeps one export of each date.",
        _when_ordered(_one_of_each_date),
    ),
    Fault(
        "order-drops-ties-when-desc",
        ("orderby-complete",),
        "`date:desc` keeps one export of each date.",
        _when_ordered(_one_of_each_date, _DESC),
    ),
    Fault(
        "order-drops-newest",
        ("orderby-complete",),
        "`date:asc` leaves out the newest export.",
        _when_ordered(
            lambda _call, _query, exports: sorted(exports, key=lambda export: export.last_modified)[:-1], _ASC
        ),
    ),
    Fault(
        "order-adds-one",
        ("list-unique", "orderby-complete"),
        "An order lists its first export twice.",
        _when_ordered(lambda _call, _query, exports: [*exports[:1], *exports]),
    ),
    Fault(
        "ties-at-random",
        ("orderby-steady",),
        "Exports of one date change places from call to call.",
        _ties(lambda call, _query: call.number),
    ),
    Fault(
        "ties-by-page",
        ("orderby-steady",),
        "Exports of one date change places from page to page.",
        _ties(lambda _call, query: query.skip),
    ),
    Fault(
        "ties-by-top",
        ("orderby-steady",),
        "Exports of one date change places with the size of the page.",
        _ties(lambda _call, query: query.top),
    ),
    Fault(
        "desc-ties-by-replica",
        ("orderby-steady",),
        "Two replicas give exports of one date in another order with `date:desc`.",
        _ties(lambda call, _query: call.number % 2, _DESC),
    ),
    Fault(
        "other-orders-ignored",
        ("orderby-unsupported",),
        "Another order is ignored.",
        _reads(lambda text: text not in {_ASC, _DESC}, None),
    ),
    Fault(
        "other-fields-ordered",
        ("orderby-unsupported",),
        "An order by another field is accepted.",
        _reads(lambda text: text.endswith((":asc", ":desc")), _ASC),
    ),
    Fault("order-without-direction", ("orderby-unsupported",), "`date` alone is accepted.", _reads(_is("date"), _ASC)),
    Fault(
        "any-direction",
        ("orderby-unsupported",),
        "`date` in any direction is accepted.",
        _reads(
            lambda text: text.startswith("date:") and text not in {_ASC, _DESC} and text.lower() not in {_ASC, _DESC},
            _ASC,
        ),
    ),
    Fault(
        "order-end-unchecked",
        ("orderby-unsupported",),
        "An order may have more at its end.",
        _reads(lambda text: text.startswith((_ASC, _DESC)) and text not in {_ASC, _DESC}, _ASC),
    ),
    Fault(
        "order-in-words",
        ("orderby-unsupported",),
        "`date asc` is accepted, as OData has it.",
        _reads(lambda text: text in {"date asc", "date desc", "lastModified asc", "lastModified desc"}, _ASC),
    ),
    Fault(
        "several-orders",
        ("orderby-unsupported",),
        "Of several orders the first counts.",
        _reads(lambda text: "," in text, _ASC),
    ),
    Fault(
        "cdn-1-refused", ("cdn-accepted",), "A `cdn` of 1 is refused.", gate(written("cdn", _is("1")), refused("cdn"))
    ),
    Fault(
        "cdn-0-refused", ("cdn-accepted",), "A `cdn` of 0 is refused.", gate(written("cdn", _is("0")), refused("cdn"))
    ),
    Fault(
        "cdn-refused-in-minimal",
        ("cdn-accepted",),
        "`cdn` is refused in minimal representation.",
        gate(lambda call: has("cdn")(call) and not full(call), refused("cdn")),
    ),
    Fault("cdn-ignored", ("cdn-urls",), "`cdn=1` is ignored.", _mesh(_off_cdn, lambda _call, _export: True)),
    Fault(
        "cdn-ignored-for-one",
        ("cdn-urls",),
        "`cdn=1` is ignored for one export of hundreds.",
        _mesh(_off_cdn, one_complete),
    ),
    Fault(
        "cdn-ignored-with-filter",
        ("cdn-urls",),
        "`cdn=1` is ignored beside `iModelId`.",
        _mesh(_off_cdn, lambda call, _export: has("iModelId")(call)),
    ),
    Fault(
        "cdn-ignored-for-one-changeset",
        ("cdn-urls",),
        "`cdn=1` is ignored for one changeset of several.",
        _mesh(_off_cdn, lambda call, _export: for_one_changeset(call)),
    ),
    Fault(
        "cdn-ignored-with-order",
        ("cdn-urls",),
        "`cdn=1` is ignored where there is an order.",
        _mesh(_off_cdn, lambda call, _export: has("$orderBy")(call)),
    ),
    Fault(
        "cdn-ignored-on-later-pages",
        ("cdn-urls",),
        "`cdn=1` is ignored on pages after the first.",
        _mesh(_off_cdn, lambda call, _export: later_page(call)),
    ),
    Fault(
        "cdn-ignored-for-cesium",
        ("cdn-urls",),
        "`cdn=1` is ignored where `exportType=CESIUM` is asked for.",
        _mesh(_off_cdn, lambda call, _export: "CESIUM" in texts(call, "exportType")),
    ),
    Fault(
        "cdn-in-path-only",
        ("cdn-urls",),
        "`cdn=1` changes the path of mesh links and not the host.",
        _mesh(
            lambda _call, _export, href: href.replace(f"{CDN_HOST}/", f"{MESH_HOST}/cdn-"), lambda _call, _export: True
        ),
    ),
    Fault(
        "cdn-by-presence",
        ("cdn-only-when-set",),
        "`cdn=0` turns the CDN on.",
        _mesh(_on_cdn, lambda call, _export: has("cdn")(call)),
    ),
    Fault(
        "cdn-found-in-text",
        ("unknown-parameter-ignored", "cdn-only-when-set"),
        "`cdn=1` is looked for in the text of the query, and found in another parameter.",
        _mesh(_on_cdn, lambda call, _export: b"cdn=1" in call.request.query),
    ),
    Fault(
        "cdn-zero-for-one",
        ("cdn-only-when-set",),
        "`cdn=0` turns the CDN on for one export of hundreds.",
        _mesh(_on_cdn, lambda call, export: has("cdn")(call) and one_complete(call, export)),
    ),
    Fault(
        "cdn-zero-elsewhere",
        ("cdn-only-when-set",),
        "`cdn=0` leads to a third host.",
        _mesh(
            lambda _call, _export, href: href.replace(MESH_HOST, "https://origin.example.org"),
            lambda call, _export: texts(call, "cdn")[:1] == ["0"],
        ),
    ),
    Fault(
        "cdn-drops-unfinished",
        ("cdn-links-only",),
        "`cdn=1` leaves out what is not complete.",
        selected(
            lambda _call, _query, exports: [export for export in exports if export.status == "Complete"], _asked_cdn
        ),
    ),
    Fault(
        "cdn-drops-some",
        ("cdn-links-only",),
        "`cdn=1` leaves out what the CDN does not have.",
        selected(lambda _call, _query, exports: _some(exports, 9), _asked_cdn),
    ),
    Fault(
        "cdn-changes-order",
        ("cdn-links-only",),
        "`cdn=1` turns the list around.",
        around(
            "order",
            lambda own: (
                lambda call, query, exports: (
                    own(call, query, exports)[::-1]
                    if _asked_cdn(call) and "$orderBy" not in query.values
                    else own(call, query, exports)
                )
            ),
        ),
    ),
    Fault(
        "cdn-loses-request",
        ("cdn-links-only", "full-request"),
        "`cdn=1` leaves `request` out.",
        items(omit("request"), lambda call, _export: _asked_cdn(call)),
    ),
    Fault(
        "cdn-changes-names",
        ("cdn-links-only",),
        "`cdn=1` shows names in lower case.",
        items(
            lambda _call, _export, item: put(item, ("displayName",), str.lower), lambda call, _export: _asked_cdn(call)
        ),
    ),
    Fault(
        "cdn-changes-dates",
        ("cdn-links-only",),
        "`cdn=1` shows whole minutes.",
        items(
            lambda _call, _export, item: put(item, ("lastModified",), lambda text: f"{text[:17]}00{text[19:]}"),
            lambda call, _export: _asked_cdn(call),
        ),
    ),
    Fault(
        "cdn-turns-full",
        ("cdn-links-only", "prefer-default"),
        "`cdn=1` gives the full representation unasked.",
        around("prefer", lambda own: lambda call: evolve(own(call), full=True) if _asked_cdn(call) else own(call)),
    ),
)
"""The faults of this theme."""
