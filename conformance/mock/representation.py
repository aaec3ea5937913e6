"""Shows an export as JSON, in minimal or full representation."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from .parameters import TILES, tiles_name

if TYPE_CHECKING:
    from .model import Call, Export, Json, Preference, Query

MESH_HOST = "https://mesh-exports.blob.example.com"
CDN_HOST = "https://mesh-exports.cdn.example.net"
_ZONE = timezone(timedelta(hours=5, minutes=45))


def represent(call: Call, query: Query, preference: Preference, export: Export) -> Json:
    """The export as the client prefers it.

    Args:
        call: The call.
        query: What the parameters mean.
        preference: What the client prefers.
        export: The export.
    """
    shown = minimal(call, export)
    if preference.full:
        if call.reading.stamps == "by-representation":
            shown["lastModified"] = _with_digits(export.last_modified)
        shown["request"] = request(call, query, export)
        if export.status == "Complete":
            shown["_links"] = {"mesh": {"href": mesh_link(call, query, export)}}
    return shown


def minimal(call: Call, export: Export) -> Json:
    """The members of the minimal representation.

    Args:
        call: The call.
        export: The export.
    """
    return {
        "id": _hexadecimal(call, export.id),
        "displayName": export.display_name,
        "status": export.status,
        "lastModified": stamp(call, export.last_modified),
    }


def request(call: Call, query: Query, export: Export) -> Json:
    """What the export was asked to be made from.

    Args:
        call: The call.
        query: What the parameters mean.
        export: The export.
    """
    shown = {
        "iModelId": _hexadecimal(call, export.imodel_id),
        "changesetId": _hexadecimal(call, export.changeset_id),
        "exportType": type_name(call, query, export),
    }
    if call.reading.request_date:
        shown["lastModified"] = stamp(call, export.last_modified)
    return shown


def type_name(call: Call, query: Query, export: Export) -> str:
    """The type of the export as the reading writes it.

    Args:
        call: The call.
        query: What the parameters mean.
        export: The export.
    """
    asked = str(query.values.get("exportType")) if call.reading.tiles_written == "asked" else ""
    if call.reading.type_letters and asked.lower() == export.export_type.lower():
        return asked
    if export.export_type not in TILES:
        return export.export_type
    return asked if asked in TILES else tiles_name(call, export)


def stamp(call: Call, date: datetime) -> str:
    """A date as the reading writes it.

    Args:
        call: The call.
        date: The date.
    """
    if call.reading.stamps == "digits" or _of_other_replica(call):
        return _with_digits(date)
    if call.reading.stamps == "zone":
        return date.astimezone(_ZONE).isoformat(timespec="seconds")
    return f"{_in_utc(date)}Z"


def _of_other_replica(call: Call) -> bool:
    return call.reading.replicas_differ and call.number % 2 == 1


def _hexadecimal(call: Call, text: str) -> str:
    return text.upper() if _of_other_replica(call) else text


def _with_digits(date: datetime) -> str:
    return f"{_in_utc(date)}.0000000+00:00"


@lru_cache(maxsize=10_000)
def _in_utc(date: datetime) -> str:
    return date.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00")


def mesh_link(call: Call, query: Query, export: Export) -> str:
    """The container of the tiles, with a signed query.

    Args:
        call: The call.
        query: What the parameters mean.
        export: The export.
    """
    host = CDN_HOST if query.values.get("cdn") else MESH_HOST
    if _of_other_replica(call):
        host = host.replace("https://", "https://second-")
    salt = call.number if call.reading.fresh_signatures else 0
    signature = hashlib.sha256(f"{export.id} {salt}".encode()).hexdigest()[:43]
    return f"{host}/{export.id}?sv=2024-05-04&sr=c&sp=r&sig={signature}%3D"
