"""Response 200: every export of the collection, in both representations, and what a list looks like around it."""

from __future__ import annotations

import pytest

from conformance import values
from conformance.exchange import Request
from conformance.knowledge import LARGEST_TOP
from conformance.run import FULL, Run


@pytest.mark.requirements(
    "list-complete",
    "list-order-steady",
    "exports-present",
    "export-id",
    "export-id-format",
    "export-displayname",
    "export-status",
    "export-status-known",
    "export-lastmodified",
    "export-lastmodified-format",
    "full-request",
    "full-imodelid",
    "full-changesetid",
    "full-exporttype",
    "full-lastmodified",
    "mesh-link-complete",
    "mesh-link-incomplete",
    "mesh-link-form",
    "list-unique",
    "prefer-same-data",
    "list-steady",
    "lastmodified-steady",
    "json-encoding",
    "json-unique-names",
    "ok-json",
    "ok-media-type",
    "body-as-declared",
)
@pytest.mark.parametrize("headers", [FULL, (("prefer", "return=minimal"),), ()], ids=["full", "minimal", "default"])
def test_every_export_is_well_formed(run: Run, headers: tuple[tuple[str, str], ...]) -> None:
    size = len(run.knowledge.snapshot.exports) if run.knowledge.snapshot else 0
    for skip in range(0, max(1, min(size, 5 * LARGEST_TOP)), LARGEST_TOP):
        run.send(Request.of((("$top", str(LARGEST_TOP)), ("$skip", str(skip))), headers=headers))
    run.send_all(Request.of((("$skip", str(skip)),), headers=headers) for skip in range(0, min(size, 500), 100))


@pytest.mark.requirements(
    "exports-present",
    "links-present",
    "links-self",
    "link-href",
    "link-absolute",
    "links-self-page",
    "ok-json",
    "links-next-present",
    "links-next-absent",
    "links-prev-page",
    "json-encoding",
    "json-unique-names",
    "links-keep-query",
    "ok-media-type",
    "links-next-page",
    "body-as-declared",
)
def test_every_kind_of_page_has_its_links(run: Run) -> None:
    size = len(run.knowledge.snapshot.exports) if run.knowledge.snapshot else 0
    last = max(0, size - 3)
    pages = (
        *((), (("$top", "5"),), (("$top", "5"), ("$skip", "5")), (("$top", "7"), ("$skip", "3"))),
        *((("$top", "10"), ("$skip", str(last))), (("$skip", str(last)),), (("$skip", str(size)),)),
        *((("$skip", str(size + 5)), ("$top", "5")), (("$top", "1"), ("$skip", str(max(0, size - 1))))),
        (("iModelId", values.unknown_imodel(11)),),
    )
    run.send_all(Request.of(pairs, headers=headers) for pairs in pages for headers in (FULL, ()))
