"""Get Export: what the list has is got by its id, nothing else is, and nothing without a credential."""

from __future__ import annotations

import pytest
from attrs import evolve

from conformance import values
from conformance.collection import identity
from conformance.exchange import NO_CREDENTIAL, NOBODYS_IDS, Credential, CredentialKind, Request
from conformance.getting import GET, is_served, listed_ids
from conformance.knowledge import LARGEST_TOP
from conformance.run import FULL, Run


def _complete(run: Run) -> list[str]:
    """Ids of some complete exports."""
    exports = run.knowledge.snapshot.exports if run.knowledge.snapshot else []
    return [identity(export) for export in exports if export.get("status") == "Complete"][:3]


@pytest.mark.requirements("get-listed", "get-same", "get-full", "get-mesh-link", "get-status", "get-body")
def test_what_is_listed_is_got_by_its_id(run: Run) -> None:
    if is_served(run):
        preferences = (FULL, (("prefer", "return=minimal"),))
        run.send_all(Request.to(GET, id=one) for one in listed_ids(run))
        run.send_all(Request.to(GET, id=one, headers=more) for one in listed_ids(run)[:2] for more in preferences)


@pytest.mark.requirements("get-cdn")
def test_cdn_moves_the_mesh_link(run: Run) -> None:
    if is_served(run):
        run.send_once(Request.of((("cdn", "1"), ("$top", str(LARGEST_TOP))), headers=FULL))
        run.send_all(Request.to(GET, id=one, pairs=[("cdn", cdn)]) for one in _complete(run) for cdn in ("1", "0"))
        run.send_all(Request.to(GET, id=one) for one in _complete(run))


@pytest.mark.requirements("get-not-listed", "get-code", "get-status", "get-body")
def test_what_nobody_has_is_not_got(run: Run) -> None:
    if is_served(run):
        run.send_all(Request.to(GET, id=one) for one in (*NOBODYS_IDS, *values.ODD_IDS))


@pytest.mark.requirements("get-credentials")
def test_nothing_is_got_without_a_credential(run: Run) -> None:
    if is_served(run):
        wrong = Credential(CredentialKind.WRONG, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl")
        asked = [Request.to(GET, id=one) for one in (*listed_ids(run)[:2], NOBODYS_IDS[0])]
        run.send_all(
            evolve(request, credential=credential) for request in asked for credential in (NO_CREDENTIAL, wrong)
        )
