"""Checks of Start: what can be started is, as it was asked for, and what cannot be is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.checks.operations import is_plain_id
from conformance.checks.registry import Context, Observation, check, judged
from conformance.checks.statuses import detail_targets
from conformance.collection import passes, requested
from conformance.exchange import NOBODYS_IDS, CredentialKind

_ASKED: Final = ("iModelId", "changesetId", "exportType")


def _asked(context: Context) -> dict[str, Any] | None:
    """What is asked for, where the answer can be held against it."""
    status, request = context.exchange.status, context.exchange.request
    refused = request.credential.kind is not CredentialKind.GOOD or status in (0, 401, 403, 429) or status >= 500
    return None if refused or not isinstance(request.json, dict) else request.json


@check("create-started", "create-imodelid-required", "create-imodel-not-found", operation="createExport")
def answered(context: Context) -> Iterator[Observation]:
    """Whether an export is started depends on its iModel."""
    asked, status = _asked(context), context.exchange.status
    if asked is None:
        return
    imodel = asked.get("iModelId")
    if not isinstance(imodel, str) or not is_plain_id(imodel):
        yield judged("create-imodelid-required", status == 422, f"status {status} for iModelId={imodel!r}")
    elif imodel in NOBODYS_IDS:
        yield judged("create-imodel-not-found", status == 404, f"status {status} for an iModel that nobody has")
    else:
        yield judged("create-started", status == 202, f"status {status} for the scratch iModel")


@check("create-as-asked", operation="createExport")
def as_asked(context: Context) -> Iterator[Observation]:
    """The export that is started is the one that was asked for."""
    asked, export = _asked(context), context.exchange.export
    if asked is None or context.exchange.status != 202 or not isinstance(export.get("request"), dict):
        return
    other = next((name for name in _ASKED if name in asked and not passes(name, asked[name])(export)), None)
    message = f"request.{other} is {requested(export, other or '')!r}, where {asked.get(other or '')!r} was asked for"
    yield judged("create-as-asked", other is None, message)


@check("create-detail", operation="createExport")
def detailed(context: Context) -> Iterator[Observation]:
    """A start without an iModel gets a detail about it."""
    asked, details = _asked(context), context.exchange.error.get("details")
    if asked is None or context.exchange.status != 422 or "iModelId" in asked or not isinstance(details, list):
        return
    codes = {detail.get("code") for detail in details if isinstance(detail, dict)}
    targets = list(detail_targets(context))
    named = bool(details) and (not targets or "iModelId" in targets)
    yield judged("create-detail", named and codes <= {"InvalidRequestBody", None}, f"details: {details!r}"[:100])
