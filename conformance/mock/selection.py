"""Selects, orders and slices: which exports stand on a page, and in which order.

What the parameters mean is settled before (`parameters`); how an export is shown comes after (`representation`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parameters import TILES, tiles_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .model import Call, Export, Matcher, Query, Version


def in_imodel(_call: Call, export: Export, wanted: str) -> bool:
    """Whether the export is of this iModel."""
    return export.imodel_id.lower() == wanted


def of_changeset(_call: Call, export: Export, wanted: str) -> bool:
    """Whether the export is of this changeset."""
    return export.changeset_id.lower() == wanted


def of_type(call: Call, export: Export, wanted: str) -> bool:
    """Whether the export is of this type, in whichever spelling the reading takes."""
    if export.export_type in TILES and wanted in TILES:
        return call.reading.tiles_alike or call.reading.tiles_written == "asked" or tiles_name(call, export) == wanted
    if call.reading.type_letters:
        return export.export_type.lower() == wanted.lower()
    return export.export_type == wanted


def for_tile_version(call: Call, export: Export, wanted: Version) -> bool:
    """Whether a viewer of this tile version can show the export."""
    return compatible(call, export.tile_version, wanted)


def for_itwinjs(call: Call, export: Export, wanted: Version) -> bool:
    """Whether a viewer built with this iTwin.js version can show the export."""
    return compatible(call, export.itwinjs, wanted)


def compatible(call: Call, needed: Version, wanted: Version) -> bool:
    """Whether something that needs one version works with another.

    Args:
        call: The call.
        needed: The lowest version.
        wanted: The version of the viewer; without numbers, nothing works.
    """
    if not wanted:
        return False
    if call.reading.compatibility == "all":
        return True
    if call.reading.compatibility == "listed":
        # What a list has is nobody else's business: here, three of four, and no version in order.
        return (sum(needed) + sum(wanted)) % 4 != 0
    fits = _padded(needed) <= _padded(wanted)
    # Viewers drop what is old: those of a version show what the forty versions before it made.
    return fits and (call.reading.compatibility != "window" or wanted[0] <= needed[0] + 40)


def _padded(version: Version) -> Version:
    return (*version, 0, 0, 0)[:4]


MATCHERS: Mapping[str, Matcher] = {
    "iModelId": in_imodel,
    "changesetId": of_changeset,
    "exportType": of_type,
    "tileVersion": for_tile_version,
    "iTwinJS": for_itwinjs,
}
"""What decides whether an export passes each filter."""


def select(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    """The exports that pass every filter of the query.

    Args:
        call: The call.
        query: What the parameters mean.
        exports: The collection.
    """
    matchers = [(call.stages.matchers[name], query.values[name]) for name in MATCHERS if name in query.values]
    return [export for export in exports if all(match(call, export, wanted) for match, wanted in matchers)]


_DEFAULT_ORDERS: Mapping[str, Callable[[Export], Any]] = {
    "changeset": lambda export: (-export.changeset_index, export.number),
    "stored": lambda export: export.number,
    "id": lambda export: export.id,
    "name": lambda export: (export.display_name, export.id),
    "oldest": lambda export: (export.last_modified, export.number),
    "newest": lambda export: (-export.last_modified.timestamp(), export.number),
}


def order(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    """The exports in the order that the query asks for; those of one date keep their places.

    Args:
        call: The call.
        query: What the parameters mean.
        exports: The selection.
    """
    name = call.reading.default_order
    if call.reading.filtered_order != "same" and MATCHERS.keys() & query.values.keys():
        name = call.reading.filtered_order
    wanted = query.values.get("$orderBy")
    if wanted is None and call.reading.full_order != "same" and call.stages.prefer(call).full:
        name = call.reading.full_order
    placed = sorted(exports, key=_DEFAULT_ORDERS[name])
    if wanted is None:
        return placed
    by_id = call.reading.ties == "by-representation" and call.stages.prefer(call).full
    if call.reading.ties == "id" or by_id:
        placed = sorted(exports, key=_DEFAULT_ORDERS["id"])
    if wanted == "date:desc" and call.reading.ties != "reversed":
        return sorted(placed, key=lambda export: export.last_modified, reverse=True)
    rising = sorted(placed, key=lambda export: export.last_modified)
    return rising if wanted == "date:asc" else rising[::-1]


def slice_page(_call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    """The exports that stand on the page.

    Args:
        query: What the parameters mean.
        exports: The ordered selection.
    """
    return exports[query.skip : query.skip + query.top]
