"""Start Export: what is asked for is started in the scratch iModel, and what cannot be is refused."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from conformance.exchange import NO_CREDENTIAL, NOBODYS_IDS, Credential, CredentialKind, Request
from conformance.run import Run

_WRONG = Credential(CredentialKind.WRONG, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl")
_NO_IMODELS: tuple[Any, ...] = ("", "no-uuid", 7, None, [])


def _start(body: Any) -> Request:
    return Request.to("createExport", body=body)


@pytest.mark.usefixtures("scratch")
@pytest.mark.requirements("create-imodelid-required", "create-detail", "create-code", "create-status", "create-body")
def test_a_start_without_an_imodel_is_refused(run: Run) -> None:
    for body in ({}, {"exportType": "3DTiles"}, *({"iModelId": one} for one in _NO_IMODELS)):
        run.start(_start(body))


@pytest.mark.usefixtures("scratch")
@pytest.mark.requirements("create-imodel-not-found", "create-code", "create-status", "create-credentials")
def test_a_start_of_what_is_not_there_is_refused(run: Run) -> None:
    for one in NOBODYS_IDS:
        request = _start({"iModelId": one, "exportType": "3DTiles"})
        for credential in (request.credential, NO_CREDENTIAL, _WRONG):
            run.start(evolve(request, credential=credential))


@pytest.mark.requirements("create-started", "create-as-asked", "create-body", "create-status")
def test_what_is_asked_for_is_started(run: Run, scratch: str) -> None:
    for kind in ("3DTiles", "IMODEL"):
        if run.may_start:
            run.start(_start({"iModelId": scratch, "exportType": kind}))
