"""Delete Export: what nobody has cannot be deleted, and nothing can without a credential."""

from __future__ import annotations

import pytest
from attrs import evolve

from conformance.exchange import NO_CREDENTIAL, NOBODYS_IDS, Credential, CredentialKind, Request
from conformance.run import Run

_WRONG = Credential(CredentialKind.WRONG, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl")


@pytest.mark.usefixtures("scratch")
@pytest.mark.requirements("delete-status", "delete-not-listed", "delete-code", "delete-body", "delete-credentials")
def test_what_nobody_has_is_not_deleted(run: Run) -> None:
    for one in NOBODYS_IDS:
        request = Request.to("deleteExport", id=one)
        run.send(request)
        run.send_all([evolve(request, credential=NO_CREDENTIAL), evolve(request, credential=_WRONG)])
