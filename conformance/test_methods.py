"""Methods: what is not documented on the collection is refused, and the refusal says what there is.

`POST` is not among them: it is how an export is started, whatever its body.
"""

from __future__ import annotations

import pytest
from attrs import evolve

from conformance import spec, values
from conformance.exchange import FOREIGN_METHOD, NO_CREDENTIAL, Request
from conformance.run import Run


@pytest.mark.requirements("method-refused", "method-allow")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_an_undocumented_method_is_refused(run: Run, method: str) -> None:
    bare = spec.bare_path()
    requests = [
        Request(method=method),
        Request(method=method, path=bare),
        Request(method=method, query="$top=2", headers=(("Content-Type", "application/json"),)),
        Request(method=method, credential=NO_CREDENTIAL),
        # What would take it must not find anything to do.
        Request.of((("iModelId", values.unknown_imodel(7)), ("exportType", "3DTiles")), method=method),
    ]
    for request in requests:
        if run.endpoint.may_send(request):
            run.send(request)


@pytest.mark.requirements("answer-in-time", "method-allow", "method-refused")
def test_head_and_options_do_no_harm(run: Run) -> None:
    filtered = Request.of((("iModelId", values.plain_value(run.knowledge.snapshot, "iModelId")),))
    head = [
        Request(),
        Request(path=spec.bare_path()),
        Request(query=f"$top={values.TOO_LARGE}"),
        filtered,
    ]
    run.send_all(
        [
            *(evolve(request, method="HEAD") for request in head),
            Request(method="OPTIONS"),
            Request(method=FOREIGN_METHOD),
        ]
    )
