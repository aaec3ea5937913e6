"""What changes something is sent where it is allowed alone, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from suite import ROOT, TOKEN, judge, spared
from suite_serving import HOST, serving

from conformance.credentials import Credentials, from_text
from conformance.endpoint import Endpoint, Limits
from conformance.exchange import NOBODYS_IDS, Request
from conformance.mock import SCRATCH_IMODEL, Reading, Settings, create_app, serve
from conformance.redaction import Redactor

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

GOOD = Credentials(from_text("MESH_EXPORT_TOKEN", TOKEN), Redactor().add)
OTHER = "11111111-1111-4111-8111-111111111111"
LIVES = ("-k", "lives")
ALLOWED = ("--allow-writes", "--scratch-imodel", SCRATCH_IMODEL)


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


COLLECTION = ("/mesh-export/", "/mesh-export")
STARTED = "57a27ed0-"
"""How the ids begin of what the mock is told to start."""


def recording(app: ASGIApp, seen: list[tuple[str, str]]) -> ASGIApp:
    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["method"], scope["path"]))
        await app(scope, receive, send)

    return recorded


def test_without_leave_nothing_is_sent_that_a_server_could_take_for_a_start_or_a_deletion() -> None:
    seen: list[tuple[str, str]] = []
    app = create_app(Settings(token=TOKEN, reading=Reading(operations="all"), fault="create-without-imodel"))
    with serving(recording(app, seen)) as port:
        url = f"http://{HOST}:{port}"
        before = exports(url)
        said = judge(url, "--seed", "1", "--fail-on", "should")
        assert exports(url) == before
    assert said.code == 0, said.output
    assert "create-imodelid-required" in said.with_outcome("unexercised")
    assert not [path for method, path in seen if method == "POST" or (method == "DELETE" and path not in COLLECTION)]
    assert {"GET", "PUT", "PATCH", "DELETE"} <= {method for method, _ in seen}


def test_what_is_like_an_operation_that_changes_something_is_not_sent_either() -> None:
    limits = Limits(allow_writes=True, scratch_imodel=SCRATCH_IMODEL)
    alike = [
        *(Request(method="POST", path=path) for path in (*COLLECTION, "/mesh-export/%2E", "//mesh-export/")),
        Request(method="post", body=b"{}"),
        Request(method="DELETE", path=f"/mesh-export/{OTHER}/"),
        Request(method="DELETE", path=f"/mesh-export/{OTHER}", body=b"{}"),
    ]
    for may in (limits, Limits()):
        endpoint = Endpoint("http://127.0.0.1:9", GOOD, may, Redactor(), lambda _exchange: None)
        assert not any(endpoint.may_send(request) for request in alike)
        assert all(endpoint.may_send(Request(method="DELETE", path=path)) for path in COLLECTION)
        endpoint.close()


def test_the_stateful_phase_follows_the_links_from_start_to_get_and_delete() -> None:
    seen: list[tuple[str, str]] = []
    reading = Reading(operations="all", stage_seconds=0.2)
    with serving(recording(create_app(Settings(token=TOKEN, reading=reading)), seen)) as port:
        url = f"http://{HOST}:{port}"
        before = exports(url)
        said = judge(url, *ALLOWED, "--seed", "1", "-k", "links_of_the_schema")
        assert exports(url) == before
    assert said.report["exchanges"]["schemathesis"] > 0, said.output
    assert {method for method, path in seen if STARTED in path} == {"GET", "DELETE"}
    assert not [path for method, path in seen if method == "DELETE" and STARTED not in path]
    # Before the last start that is not the cleaning up.
    last = max(number for number, (method, _) in enumerate(seen) if method == "POST")
    assert "DELETE" in {method for method, _ in seen[:last]}


def exports(url: str) -> set[str]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    listed = httpx2.get(f"{url}/mesh-export/?$top=1000", headers=headers).json()["exports"]
    return {export["id"] for export in listed}


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_behind_and_nothing_else_is_touched_by_an_interrupted_run(kind: signal.Signals) -> None:
    if signal.getsignal(kind) is signal.SIG_IGN:
        pytest.skip("what a process ignores, those that it starts ignore too")
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    reading = Reading(operations="all", stage_seconds=0.5)
    with serve(Settings(token=TOKEN, reading=reading)) as url:
        before = exports(url)
        call = [str(Path(sys.executable).with_name("pytest")), "conformance", "--url", url, *ALLOWED]
        run = subprocess.Popen(
            [*call, *LIVES, *spared(LIVES)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        end = time.monotonic() + 60
        while exports(url) == before and time.monotonic() < end:
            time.sleep(0.05)
        assert exports(url) > before
        run.send_signal(kind)
        output, _ = run.communicate(timeout=60)
        assert exports(url) == before, output
    assert "Interrupted" in output
    assert "Left behind" not in output


def test_what_cannot_be_deleted_is_said_to_be_left_behind() -> None:
    with serve(Settings(token=TOKEN, fault="life-never-deleted")) as url:
        said = judge(url, *ALLOWED, "--seed", "1", "-k", "what_is_asked_for_is_started")
        assert len(exports(url)) == 252
    assert said.output.count("Left behind in the scratch iModel") == 1
    assert f"{SCRATCH_IMODEL}, the server would not delete them: 2 exports that this run started (57a27ed0-" in (
        said.output
    )


def test_exports_that_take_longer_than_a_run_cost_few_requests_and_the_run_says_what_to_do() -> None:
    seen: list[tuple[str, str]] = []
    reading = Reading(operations="all", stage_seconds=900)
    with serving(recording(create_app(Settings(token=TOKEN, reading=reading)), seen)) as port:
        url = f"http://{HOST}:{port}"
        began = time.monotonic()
        said = judge(url, *ALLOWED, "--seed", "1", "-k", "lives or create or delete")
        took = time.monotonic() - began
        left = sorted(each for each in exports(url) if each.startswith(STARTED))
    assert said.with_outcome("violated") == set(), said.output
    assert took < 40
    assert 0 < len(left) <= 3
    deletions = Counter(path for method, path in seen if method == "DELETE" and STARTED in path)
    assert max(deletions.values()) <= 5
    line = (
        f"Left behind in the scratch iModel {SCRATCH_IMODEL}, not finished in the time that a run waits: {len(left)} "
        f"exports that this run started ({', '.join(left)}). Once they are Complete or Invalid, delete each: "
        "DELETE /mesh-export/{id}."
    )
    assert said.output.count(line) == 1
    assert line in said.report["notes"]


def test_the_budget_keeps_back_what_the_cleaning_up_takes() -> None:
    with serve(Settings(token=TOKEN, reading=Reading(operations="all", stage_seconds=0.3))) as url:
        before = exports(url)
        said = judge(url, *ALLOWED, "--seed", "4", "-k", "lives", "--max-requests", "60")
        assert exports(url) == before
    assert "Stopped early" in said.output
    assert 50 < said.report["budget"]["requests"]["used"] <= 60
