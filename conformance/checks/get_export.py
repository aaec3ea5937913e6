"""Checks of Get: the export is the one that was asked for, and what the list says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance import spec
from conformance.checks.registry import Context, Observation, check, judged
from conformance.checks.selections import readable_difference
from conformance.collection import identity, mesh_link
from conformance.exchange import NOBODYS_IDS
from conformance.knowledge import mesh_host
from conformance.preference import Preferred

_GET: Final = "getExport"


@check("get-listed", "get-not-listed", operation=_GET)
def found(context: Context) -> Iterator[Observation]:
    """An export of the list is got, and one that nobody has is not."""
    status, snapshot = context.exchange.status, context.knowledge.snapshot
    if not context.ordinary or snapshot is None or status in (0, 401, 429) or status >= 500:
        return
    if context.exchange.request.export_id in snapshot.by_id:
        yield judged("get-listed", status == 200, f"status {status} for an export of the list", contestable=True)
    elif context.exchange.request.export_id in NOBODYS_IDS:
        yield judged("get-not-listed", status == 404, f"status {status} for an id that nobody has")


@check("get-same", "get-full", "get-mesh-link", "get-cdn", operation=_GET)
def one_export(context: Context) -> Iterator[Observation]:
    """What is got has the id of the path, the data of the list, the full representation and its mesh link."""
    export, snapshot = context.exchange.export, context.knowledge.snapshot
    if not context.ordinary or context.exchange.status != 200 or not export:
        return
    one = context.exchange.request.export_id
    yield judged("get-same", identity(export) == one, f"came the export {export.get('id')}")
    if context.preferred is not Preferred.MINIMAL:
        yield judged("get-full", isinstance(export.get("request"), dict), "the export has no request")
    listed = snapshot.by_id.get(one) if snapshot else None
    if listed and identity(export) == one:
        other = readable_difference(context, export, listed)
        yield judged("get-same", other is None, f"the export has another {other} than in the list", contestable=True)
    if export.get("status") in spec.known_values("ExportStatus"):
        due = mesh_link(export) is not None if export["status"] == "Complete" else "_links" not in export
        yield judged("get-mesh-link", due, f"the export is {export['status']}, its _links: {'_links' in export}")
    yield from _host(context, mesh_host(export))


def _host(context: Context, host: str | None) -> Iterator[Observation]:
    knowledge, cdn = context.knowledge, context.query.parameters.get("cdn")
    if host is None or not knowledge.hosts or (cdn and cdn.value not in ("0", "1")):
        return
    far = cdn is not None and cdn.value == "1"
    fine = host not in (knowledge.hosts if far else knowledge.cdn_hosts - knowledge.hosts)
    yield judged("get-cdn", fine, f"the mesh link is on the host {host}, {'with' if far else 'without'} cdn=1")
