"""Get Export: what the list has is got by its id, nothing else is, and nothing without a credential."""

from __future__ import annotations

import pytest
from attrs import evolve

from conformance import values
from conformance.collection import identity
from conformance.exchange import NO_CREDENTIAL, NOBODYS_IDS, Credential, CredentialKind, Request
from conformance.knowledge import LARGEST_TOP
from conformance.run import FULL, Run

_GET = "getExport"


def _listed(run: Run) -> list[str]:
    """Ids of the list: the first of each status, the last, and one in the middle."""
    exports = run.knowledge.snapshot.exports if run.knowledge.snapshot else []
    kinds = {export.get("status"): export for export in reversed(exports)}
    ends = exports[-1:] + exports[len(exports) // 2 :][:1]
    return list(dict.fromkeys(identity(export) for export in [*kinds.values(), *ends]))


def _complete(run: Run) -> list[str]:
    """Ids of some complete exports."""
    exports = run.knowledge.snapshot.exports if run.knowledge.snapshot else []
    return [identity(export) for export in exports if export.get("status") == "Complete"][:3]


def _is_served(run: Run) -> bool:
    """Whether the operation is there, which a few requests tell."""
    for one in (*_listed(run)[:2], NOBODYS_IDS[0]):
        if _GET not in run.knowledge.served:
            run.send(Request.to(_GET, id=one))
    return _GET in run.knowledge.served


@pytest.mark.requirements("get-listed", "get-same", "get-full", "get-mesh-link", "get-status", "get-body")
def test_what_is_listed_is_got_by_its_id(run: Run) -> None:
    if _is_served(run):
        preferences = (FULL, (("prefer", "return=minimal"),))
        run.send_all(Request.to(_GET, id=one) for one in _listed(run))
        run.send_all(Request.to(_GET, id=one, headers=more) for one in _listed(run)[:2] for more in preferences)


@pytest.mark.requirements("get-cdn")
def test_cdn_moves_the_mesh_link(run: Run) -> None:
    if _is_served(run):
        run.send_once(Request.of((("cdn", "1"), ("$top", str(LARGEST_TOP))), headers=FULL))
        run.send_all(Request.to(_GET, id=one, pairs=[("cdn", cdn)]) for one in _complete(run) for cdn in ("1", "0"))
        run.send_all(Request.to(_GET, id=one) for one in _complete(run))


@pytest.mark.requirements("get-not-listed", "get-code", "get-status", "get-body")
def test_what_nobody_has_is_not_got(run: Run) -> None:
    if _is_served(run):
        run.send_all(Request.to(_GET, id=one) for one in (*NOBODYS_IDS, *values.ODD_IDS))


@pytest.mark.requirements("get-credentials")
def test_nothing_is_got_without_a_credential(run: Run) -> None:
    if _is_served(run):
        wrong = Credential(CredentialKind.WRONG, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl")
        asked = [Request.to(_GET, id=one) for one in (*_listed(run)[:2], NOBODYS_IDS[0])]
        run.send_all(
            evolve(request, credential=credential) for request in asked for credential in (NO_CREDENTIAL, wrong)
        )
