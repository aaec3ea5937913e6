"""Faults of what a page says about exports: members missing, of another type, or in another form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve

from .tools import (
    MOVING,
    Change,
    Fault,
    around,
    both,
    documents,
    full,
    has,
    in_status,
    items,
    later_page,
    member,
    omit,
    one,
    one_complete,
    one_incomplete,
    put,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call, Export, Json
    from .tools import ItemTest

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _exports(to: Callable[[Any], Any], when: Callable[[Call], bool] | None = None) -> Change:
    return documents(lambda _call, document: put(document, ("exports",), to), when)


def _value(name: str, to: Callable[[Any], Any], when: ItemTest | None = None) -> Change:
    return items(member(name, to=to), when)


def _asked(name: str, to: Callable[[Any], Any], when: ItemTest | None = None) -> Change:
    return items(member("request", name, to=to), when)


def _mesh(to: Callable[[Any], Any], when: ItemTest | None = None) -> Change:
    return items(member("_links", "mesh", "href", to=to), when)


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda _right: value


def _in_full(call: Call, _export: Export) -> bool:
    return full(call)


def _full(when: ItemTest) -> ItemTest:
    return lambda call, export: full(call) and when(call, export)


_full_one = _full(one)
_full_complete = _full(in_status("Complete"))
_full_incomplete = _full(lambda _call, export: export.status != "Complete")


def _with_links(links: Any) -> Callable[[Call, Export, Json], Json]:
    return lambda _call, _export, item: {**item, "_links": links}


def _of_call(call: Call, _export: Export, item: Json) -> Any:
    # Now, in the form of the reading, whatever the export.
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=call.number)
    return put(item, ("lastModified",), lambda _text: f"{now:%Y-%m-%dT%H:%M:%S}Z")


def _of_clock(_call: Call, _export: Export, item: Json) -> Any:
    return put(item, ("lastModified",), lambda _text: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z")


def _of_sweep(call: Call, _export: Export, item: Json) -> Any:
    swept = datetime.now(UTC) - timedelta(seconds=call.moment % 4)
    return put(item, ("lastModified",), lambda _text: f"{swept:%Y-%m-%dT%H:%M:%S}Z")


def _fraction_of_call(call: Call, _export: Export, item: Json) -> Any:
    return put(item, ("lastModified",), lambda text: f"{text.removesuffix('Z')}.{call.number % 1000:03d}Z")


def _dated_back() -> Change:
    """What has gone on since the endpoint was first asked is dated a minute before it."""

    def wrapper(reach: Any) -> Any:
        first: dict[str, datetime] = {}

        def dated(export: Export) -> Export:
            known = first.setdefault(export.id, export.last_modified)
            moved = export.last_modified > known
            return evolve(export, last_modified=known - timedelta(minutes=1)) if moved else export

        return lambda call: [dated(export) for export in reach(call)]

    return around("reach", wrapper)


def _seconds(text: str) -> int:
    return int((datetime.fromisoformat(text) - _LONG_AGO).total_seconds())


def _numbered(text: str) -> int:
    return ["NotStarted", "InProgress", "Complete", "Invalid"].index(text)


def _unhyphenated(text: str) -> str:
    return text.replace("-", "")


def _spaced(text: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)


def _collapsed(value: Any) -> Any:
    return value[0] if len(value) == 1 else value


_ID, _NAME, _STATUS, _DATE = "id", "displayName", "status", "lastModified"

FAULTS = (
    Fault(
        "exports-null-when-empty",
        ("exports-present",),
        "Without exports, `exports` is null.",
        _exports(lambda value: value or None),
    ),
    Fault(
        "exports-missing-when-empty",
        ("exports-present",),
        "Without exports, `exports` is missing.",
        documents(lambda _call, document: document if document["exports"] else put(document, ("exports",))),
    ),
    Fault(
        "exports-object-when-single",
        ("exports-present",),
        "A single export stands in `exports` without an array.",
        _exports(_collapsed),
    ),
    Fault(
        "exports-by-id",
        ("exports-present",),
        "`exports` is an object of exports by id.",
        _exports(lambda value: {item["id"]: item for item in value}),
    ),
    Fault(
        "exports-renamed",
        ("exports-present",),
        "The exports stand in `value`.",
        documents(lambda _call, document: {"value": document["exports"], "_links": document["_links"]}),
    ),
    Fault(
        "exports-bare",
        ("exports-present", "links-present"),
        "The body is the array itself.",
        documents(lambda _call, document: document["exports"]),
    ),
    Fault(
        "exports-hold-null",
        ("exports-present",),
        "One export of hundreds is null.",
        items(lambda _call, _export, _item: None, one),
    ),
    Fault(
        "exports-hold-ids",
        ("exports-present",),
        "In minimal representation exports are ids.",
        items(lambda _call, _export, item: item["id"], lambda call, _export: not full(call)),
    ),
    Fault(
        "exports-wrapped",
        ("exports-present", "links-present"),
        "The body is wrapped in `data`.",
        documents(lambda _call, document: {"data": document}),
    ),
    Fault("id-missing", ("export-id",), "Exports have no `id` in full representation.", items(omit(_ID), _in_full)),
    Fault("id-missing-in-one", ("export-id",), "One export of hundreds has no `id`.", items(omit(_ID), one)),
    Fault("id-null-in-one", ("export-id",), "One export of hundreds has a null `id`.", _value(_ID, _always(None), one)),
    Fault("id-number", ("export-id",), "An `id` is a number.", _value(_ID, lambda text: int(text[:8], 16))),
    Fault("id-not-uuid", ("export-id-format",), "An `id` is no UUID.", _value(_ID, lambda text: f"export-{text[:13]}")),
    Fault(
        "id-unhyphenated-in-one",
        ("export-id-format",),
        "One export of hundreds has an `id` without hyphens.",
        _value(_ID, _unhyphenated, one),
    ),
    Fault(
        "id-braced-in-one",
        ("export-id-format",),
        "One export of hundreds has its `id` in braces.",
        _value(_ID, lambda text: f"{{{text}}}", one),
    ),
    Fault(
        "id-short-in-one",
        ("export-id-format",),
        "One export of hundreds has an `id` that lacks a digit.",
        _value(_ID, lambda text: text[:-1], one),
    ),
    Fault(
        "id-blank-in-one",
        ("export-id-format",),
        "One export of hundreds has a blank after its `id`.",
        _value(_ID, lambda text: f"{text} ", one),
    ),
    Fault(
        "name-missing-in-one",
        ("export-displayname",),
        "One export of hundreds has no `displayName`.",
        items(omit(_NAME), one),
    ),
    Fault(
        "name-null-in-one",
        ("export-displayname",),
        "One export of hundreds has a null `displayName`.",
        _value(_NAME, _always(None), one),
    ),
    Fault(
        "name-null-when-invalid",
        ("export-displayname",),
        "Invalid exports have a null `displayName`.",
        _value(_NAME, _always(None), in_status("Invalid")),
    ),
    Fault(
        "name-object",
        ("export-displayname",),
        "A `displayName` is an object by language.",
        _value(_NAME, lambda text: {"en": text}),
    ),
    Fault(
        "name-number-in-one",
        ("export-displayname",),
        "One export of hundreds has a number for its `displayName`.",
        _value(_NAME, _always(2024), one),
    ),
    Fault(
        "name-renamed-in-full",
        ("export-displayname",),
        "In full representation the name stands in `name`.",
        items(
            lambda _call, _export, item: {"name" if key == _NAME else key: value for key, value in item.items()},
            _in_full,
        ),
    ),
    Fault(
        "status-missing-in-one",
        ("export-status",),
        "One export of hundreds has no `status`.",
        items(omit(_STATUS), one),
    ),
    Fault(
        "status-null-before-start",
        ("export-status",),
        "Exports that are not started have a null `status`.",
        _value(_STATUS, _always(None), in_status("NotStarted")),
    ),
    Fault("status-number", ("export-status",), "A `status` is a number.", _value(_STATUS, _numbered)),
    Fault(
        "status-object-in-one",
        ("export-status",),
        "One export of hundreds has an object for its `status`.",
        _value(_STATUS, lambda text: {"state": text}, one),
    ),
    Fault(
        "status-missing-in-order",
        ("export-status",),
        "One export of hundreds has no `status` where there is an order.",
        items(omit(_STATUS), lambda call, export: one(call, export) and has("$orderBy")(call)),
    ),
    Fault("status-in-capitals", ("export-status-known",), "A `status` is in capitals.", _value(_STATUS, str.upper)),
    Fault(
        "status-lower-in-one",
        ("export-status-known",),
        "One export of hundreds has a `status` in lower case.",
        _value(_STATUS, str.lower, one),
    ),
    Fault(
        "status-blank-in-one",
        ("export-status-known",),
        "One export of hundreds has a blank after its `status`.",
        _value(_STATUS, lambda text: f"{text} ", one),
    ),
    Fault(
        "status-in-words",
        ("export-status-known",),
        "A `status` of two words has a blank between them.",
        _value(_STATUS, _spaced),
    ),
    Fault(
        "status-camel-case",
        ("export-status-known",),
        "A `status` begins with a small letter.",
        _value(_STATUS, lambda text: text[:1].lower() + text[1:]),
    ),
    Fault(
        "date-missing-in-one",
        ("export-lastmodified",),
        "One export of hundreds has no `lastModified`.",
        items(omit(_DATE), one),
    ),
    Fault(
        "date-null-before-start",
        ("export-lastmodified",),
        "Exports that are not started have a null `lastModified`.",
        _value(_DATE, _always(None), in_status("NotStarted")),
    ),
    Fault("date-number", ("export-lastmodified",), "A `lastModified` is a number of seconds.", _value(_DATE, _seconds)),
    Fault(
        "date-number-in-one",
        ("export-lastmodified",),
        "One export of hundreds has a number for its `lastModified`.",
        _value(_DATE, _seconds, one),
    ),
    Fault(
        "date-object",
        ("export-lastmodified",),
        "A `lastModified` is an object.",
        _value(_DATE, lambda text: {"$date": text}),
    ),
    Fault(
        "date-without-zone",
        ("export-lastmodified-format",),
        "A `lastModified` has no zone.",
        _value(_DATE, lambda text: text.removesuffix("Z")),
    ),
    Fault(
        "date-without-zone-in-one",
        ("export-lastmodified-format",),
        "One export of hundreds has a `lastModified` without a zone.",
        _value(_DATE, lambda text: text.removesuffix("Z"), one),
    ),
    Fault(
        "date-with-blank",
        ("export-lastmodified-format",),
        "A `lastModified` has a blank and no T.",
        _value(_DATE, lambda text: text.replace("T", " ").removesuffix("Z")),
    ),
    Fault(
        "date-impossible-in-one",
        ("export-lastmodified-format",),
        "One export of hundreds was modified on the 30th of February.",
        _value(_DATE, _always("2024-02-30T08:00:00Z"), one),
    ),
    Fault(
        "date-leap-day-in-one",
        ("export-lastmodified-format",),
        "One export of hundreds was modified on a leap day of 2023.",
        _value(_DATE, _always("2023-02-29T08:00:00Z"), one),
    ),
    Fault(
        "date-hour-24-in-one",
        ("export-lastmodified-format",),
        "One export of hundreds was modified at 24 o'clock.",
        _value(_DATE, _always("2024-05-05T24:00:00Z"), one),
    ),
    Fault(
        "date-month-13-in-one",
        ("export-lastmodified-format",),
        "One export of hundreds was modified in a 13th month.",
        _value(_DATE, _always("2024-13-05T10:00:00Z"), one),
    ),
    Fault(
        "date-of-day",
        ("export-lastmodified-format",),
        "A `lastModified` is a day.",
        _value(_DATE, lambda text: text[:10]),
    ),
    Fault(
        "date-as-in-http",
        ("export-lastmodified-format",),
        "A `lastModified` is written as in HTTP.",
        _value(_DATE, lambda text: f"{datetime.fromisoformat(text):%a, %d %b %Y %H:%M:%S} GMT"),
    ),
    Fault(
        "date-offset-without-colon",
        ("export-lastmodified-format",),
        "The offset of a `lastModified` has no colon.",
        _value(_DATE, lambda text: text.replace("Z", "+0000")),
    ),
    Fault(
        "date-unpadded",
        ("export-lastmodified-format",),
        "A `lastModified` has no leading zeros.",
        _value(_DATE, lambda text: re.sub(r"-0(\d)", r"-\1", text)),
    ),
    Fault(
        "date-empty-in-one",
        ("export-lastmodified-format",),
        "One export of hundreds has an empty `lastModified`.",
        _value(_DATE, _always(""), one),
    ),
    Fault("date-of-call", ("lastmodified-steady",), "A `lastModified` is the date of the call.", items(_of_call)),
    Fault("date-of-clock", ("lastmodified-steady",), "Every `lastModified` is the present second.", items(_of_clock)),
    Fault(
        "date-of-sweep",
        ("lastmodified-steady",),
        "Every four seconds all exports are saved anew, and so have another `lastModified`.",
        items(_of_sweep),
    ),
    Fault(
        "date-of-call-in-one",
        ("orderby-asc", "orderby-desc", "lastmodified-steady"),
        "The `lastModified` of one export of hundreds is the date of the call.",
        items(_of_call, one),
    ),
    Fault(
        "date-of-call-in-full",
        ("lastmodified-steady", "prefer-same-data"),
        "In full representation a `lastModified` is the date of the call.",
        items(_of_call, _in_full),
    ),
    Fault(
        "date-of-call-when-complete",
        ("lastmodified-steady", "prefer-same-data"),
        "In full representation the `lastModified` of what is complete is the date of the call.",
        items(_of_call, _full_complete),
    ),
    Fault(
        "date-of-call-while-running",
        ("orderby-asc", "orderby-desc", "lastmodified-steady"),
        "The `lastModified` of what is in progress is the date of the call.",
        items(_of_call, in_status("InProgress")),
    ),
    Fault(
        "date-fraction-of-call",
        ("lastmodified-steady",),
        "The fraction of a `lastModified` is that of the call.",
        items(_fraction_of_call),
    ),
    Fault(
        "date-runs-backwards",
        ("lastmodified-steady",),
        "The `lastModified` of what progresses and finishes is a minute before the one that it had.",
        _dated_back(),
        needs=MOVING,
    ),
    Fault("request-missing", ("full-request",), "The full representation has no `request`.", items(omit("request"))),
    Fault(
        "request-missing-in-one",
        ("full-request",),
        "One export of hundreds has no `request`.",
        items(omit("request"), one),
    ),
    Fault(
        "request-missing-when-invalid",
        ("full-request",),
        "Invalid exports have no `request`.",
        items(omit("request"), in_status("Invalid")),
    ),
    Fault(
        "request-null-before-start",
        ("full-request",),
        "Exports that are not started have a null `request`.",
        _value("request", _always(None), in_status("NotStarted")),
    ),
    Fault("request-array", ("full-request",), "A `request` is an array.", _value("request", lambda value: [value])),
    Fault(
        "request-missing-with-order",
        ("full-request",),
        "The full representation has no `request` where there is an order.",
        items(omit("request"), lambda call, _export: has("$orderBy")(call)),
    ),
    Fault(
        "request-missing-on-later-pages",
        ("full-request",),
        "Pages after the first have no `request`.",
        items(omit("request"), lambda call, _export: later_page(call)),
    ),
    Fault("imodelid-missing", ("full-imodelid",), "A `request` has no `iModelId`.", items(omit("request", "iModelId"))),
    Fault(
        "imodelid-null-in-one",
        ("full-imodelid",),
        "One export of hundreds has a null `request.iModelId`.",
        _asked("iModelId", _always(None), _full_one),
    ),
    Fault(
        "imodelid-unhyphenated-in-answers",
        ("full-imodelid",),
        "A `request.iModelId` has no hyphens.",
        _asked("iModelId", _unhyphenated),
    ),
    Fault(
        "imodelid-of-one-is-name",
        ("full-imodelid",),
        "One export of hundreds has a name for its `request.iModelId`.",
        _asked("iModelId", _always("My iModel"), _full_one),
    ),
    Fault(
        "changesetid-null-when-empty",
        ("full-changesetid",),
        "A `request.changesetId` is null where there are no changesets.",
        _asked("changesetId", lambda text: text or None),
    ),
    Fault(
        "changesetid-missing-when-empty",
        ("full-changesetid",),
        "A `request.changesetId` is missing where there are no changesets.",
        items(omit("request", "changesetId"), lambda _call, export: not export.changeset_id),
    ),
    Fault(
        "changesetid-zero-when-empty",
        ("full-changesetid",),
        "A `request.changesetId` is 0 where there are no changesets.",
        _asked("changesetId", lambda text: text or "0"),
    ),
    Fault(
        "changesetid-short",
        ("full-changesetid",),
        "A `request.changesetId` is cut to its first 7 digits.",
        _asked("changesetId", lambda text: text[:7]),
    ),
    Fault(
        "changesetid-39-in-one",
        ("full-changesetid",),
        "One export of hundreds has a `request.changesetId` that lacks a digit.",
        _asked("changesetId", lambda _text: "0123456789abcdef0123456789abcdef0123456", _full_one),
    ),
    Fault(
        "changesetid-index",
        ("full-changesetid",),
        "A `request.changesetId` is the changeset's place in history.",
        items(lambda _call, export, item: put(item, ("request", "changesetId"), lambda _text: export.changeset_index)),
    ),
    Fault(
        "exporttype-missing",
        ("full-exporttype",),
        "A `request` has no `exportType`.",
        items(omit("request", "exportType")),
    ),
    Fault(
        "exporttype-null-in-one",
        ("full-exporttype",),
        "One export of hundreds has a null `request.exportType`.",
        _asked("exportType", _always(None), _full_one),
    ),
    Fault("exporttype-number", ("full-exporttype",), "A `request.exportType` is a number.", _asked("exportType", len)),
    Fault(
        "exporttype-array-in-one",
        ("full-exporttype",),
        "One export of hundreds has an array for its `request.exportType`.",
        _asked("exportType", lambda text: [text], _full_one),
    ),
    Fault(
        "request-date-local",
        ("full-lastmodified",),
        "A `request.lastModified` has no zone.",
        _asked(_DATE, lambda text: text.removesuffix("Z")),
        {"request_date": True},
    ),
    Fault(
        "request-date-number",
        ("full-lastmodified",),
        "A `request.lastModified` is a number.",
        _asked(_DATE, _seconds),
        {"request_date": True},
    ),
    Fault(
        "request-date-null-in-one",
        ("full-lastmodified",),
        "One export of hundreds has a null `request.lastModified`.",
        _asked(_DATE, _always(None), _full_one),
        {"request_date": True},
    ),
    Fault(
        "request-date-impossible-in-one",
        ("full-lastmodified",),
        "One export of hundreds was requested on a day that does not exist.",
        _asked(_DATE, _always("2024-06-31T08:00:00Z"), _full_one),
        {"request_date": True},
    ),
    Fault("mesh-link-missing", ("mesh-link-complete",), "Complete exports have no `_links`.", items(omit("_links"))),
    Fault(
        "mesh-link-missing-in-one",
        ("mesh-link-complete",),
        "One complete export has no `_links`.",
        items(omit("_links"), one_complete),
    ),
    Fault(
        "mesh-link-null-in-one",
        ("mesh-link-complete",),
        "One complete export has a null mesh link.",
        items(member("_links", "mesh", to=_always(None)), one_complete),
    ),
    Fault(
        "mesh-link-string",
        ("mesh-link-complete",),
        "A mesh link is the URL itself.",
        items(member("_links", "mesh", to=lambda link: link["href"])),
    ),
    Fault(
        "mesh-link-without-href",
        ("mesh-link-complete",),
        "A mesh link has its URL in `url`.",
        items(member("_links", "mesh", to=lambda link: {"url": link["href"]})),
    ),
    Fault(
        "mesh-link-renamed",
        ("mesh-link-complete",),
        "The mesh link is called `tileset`.",
        items(member("_links", to=lambda links: {"tileset": links["mesh"]})),
    ),
    Fault(
        "mesh-link-missing-with-filter",
        ("mesh-link-complete",),
        "Filtered lists have no mesh links.",
        items(omit("_links"), lambda call, _export: has("iModelId")(call)),
    ),
    Fault(
        "mesh-link-missing-with-cdn",
        ("cdn-urls", "mesh-link-complete"),
        "With `cdn=1` there are no mesh links.",
        items(omit("_links"), lambda call, _export: has("cdn")(call)),
    ),
    Fault(
        "links-empty-when-incomplete",
        ("mesh-link-incomplete",),
        "Exports that are not complete have empty `_links`.",
        items(_with_links({}), _full_incomplete),
    ),
    Fault(
        "links-null-when-incomplete",
        ("mesh-link-incomplete",),
        "Exports that are not complete have null for `_links`.",
        items(_with_links(None), _full_incomplete),
    ),
    Fault(
        "links-empty-in-one",
        ("mesh-link-incomplete",),
        "One export that is not complete has empty `_links`.",
        items(_with_links({}), lambda call, export: full(call) and one_incomplete(call, export)),
    ),
    Fault(
        "mesh-null-when-invalid",
        ("mesh-link-incomplete",),
        "Invalid exports have a null mesh link.",
        items(_with_links({"mesh": None}), lambda call, export: full(call) and export.status == "Invalid"),
    ),
    Fault(
        "mesh-link-while-running",
        ("mesh-link-incomplete",),
        "Exports in progress have a mesh link already.",
        items(
            _with_links({"mesh": {"href": "https://mesh-exports.blob.example.com/pending?sig=0"}}),
            lambda call, export: full(call) and export.status == "InProgress",
        ),
    ),
    Fault(
        "mesh-link-ends-in-slash",
        ("mesh-link-form",),
        "The path of a mesh link ends in a slash.",
        _mesh(lambda href: href.replace("?", "/?")),
    ),
    Fault(
        "mesh-link-ends-in-slash-in-one",
        ("mesh-link-form",),
        "The path of one mesh link ends in a slash.",
        _mesh(lambda href: href.replace("?", "/?"), one_complete),
    ),
    Fault(
        "mesh-link-relative",
        ("mesh-link-form",),
        "A mesh link is relative.",
        _mesh(lambda href: f"/{href.split('/', 3)[3]}"),
    ),
    Fault(
        "mesh-link-without-scheme",
        ("mesh-link-form",),
        "A mesh link begins with two slashes.",
        _mesh(lambda href: href.partition(":")[2]),
    ),
    Fault("mesh-link-empty-in-one", ("mesh-link-form",), "One mesh link is empty.", _mesh(_always(""), one_complete)),
    Fault(
        "mesh-link-with-blank-in-one",
        ("mesh-link-form",),
        "One mesh link has a blank in its path.",
        _mesh(lambda href: href.replace("?", " (1)?"), one_complete),
    ),
    Fault(
        "mesh-link-of-file",
        ("mesh-link-form",),
        "One mesh link leads to a disk.",
        _mesh(lambda href: f"C:\\meshes\\{href[-8:]}", one_complete),
    ),
    Fault(
        "two-members-missing-in-one",
        ("export-displayname", "export-status"),
        "One export of hundreds has neither name nor status.",
        both(items(omit(_NAME), one), items(omit(_STATUS), one)),
    ),
)
"""The faults of this theme."""
