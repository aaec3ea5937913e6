"""What changes something is sent where it is allowed alone, and names nothing but what is the run's own."""

from __future__ import annotations

import pytest
from suite import TOKEN

from conformance.credentials import Credentials, from_text
from conformance.endpoint import Endpoint, Limits
from conformance.exchange import NOBODYS_IDS, Request
from conformance.mock import SCRATCH_IMODEL, Reading
from conformance.redaction import Redactor

GOOD = Credentials(from_text("MESH_EXPORT_TOKEN", TOKEN), Redactor().add)
OTHER = "11111111-1111-4111-8111-111111111111"
ALLOWED = ("--allow-writes", "--scratch-imodel", SCRATCH_IMODEL)
WRITES = Reading(operations="all", stage_seconds=0.1)


def start(imodel: object) -> Request:
    return Request.to("createExport", body={"iModelId": imodel})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://api.example.com"])
def test_the_endpoint_sends_only_what_it_may(url: str) -> None:
    limits = Limits(allow_writes=True, scratch_imodel=SCRATCH_IMODEL)
    endpoint = Endpoint(url, GOOD, limits, Redactor(), lambda _exchange: None)
    allowed = [start(SCRATCH_IMODEL), start(SCRATCH_IMODEL.upper()), start(""), start(7), start(NOBODYS_IDS[0])]
    forbidden = [start(OTHER), start(f"{{{OTHER}}}"), start(OTHER.replace("-", ""))]
    removals = [Request.to("deleteExport", id=one) for one in (NOBODYS_IDS[0], OTHER)]
    assert [endpoint.may_send(request) for request in (*allowed, *forbidden)] == [True] * 5 + [False] * 3
    assert [endpoint.may_send(request) for request in removals] == [True, False]
    endpoint.own.add(OTHER)
    assert endpoint.may_send(removals[1])
    endpoint.close()
    careful = Endpoint(url, GOOD, Limits(probe_methods=True), Redactor(), lambda _exchange: None)
    assert not any(careful.may_send(request) for request in (*allowed, *forbidden, *removals))
    careful.close()
