"""Checks of Delete: what is not there cannot be deleted."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.registry import Context, Observation, check, judged
from conformance.exchange import NOBODYS_IDS, CredentialKind


@check("delete-not-listed", operation="deleteExport")
def nothing_deleted(context: Context) -> Iterator[Observation]:
    """The deletion of an id that nobody has gets 404."""
    status, request = context.exchange.status, context.exchange.request
    if request.credential.kind is not CredentialKind.GOOD or status >= 500 or status in (0, 401, 403, 429):
        return
    if context.exchange.request.export_id in NOBODYS_IDS:
        yield judged("delete-not-listed", status == 404, f"status {status} for an id that nobody has")
