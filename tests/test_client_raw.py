"""Raw answers, and waiting for an export."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from client_servers import KINDS, TOKEN, Answer, Kind, export, http, page, serve
from mesh_export_client import (
    AsyncMeshExportClient,
    DecodeError,
    Export,
    ExportListResponse,
    InvalidArgumentError,
    InvalidRequestError,
    MeshExportClient,
    RawResponse,
    WaitFailedError,
    WaitTimeoutError,
)
from mesh_export_client._waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable


def raw(kind: Kind, url: str, **call: Any) -> RawResponse[ExportListResponse]:
    if kind.name == "sync":
        with MeshExportClient(TOKEN, base_url=url) as client:
            return client.exports.with_raw_response.list(**call)

    async def ask() -> RawResponse[ExportListResponse]:
        async with AsyncMeshExportClient(TOKEN, base_url=url) as client:
            return await client.exports.with_raw_response.list(**call)

    return asyncio.run(ask())


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_raw_answer_has_all_that_came(kind: Kind) -> None:
    with serve(http(200, page(2), {"X-Request-Id": "abc", "X-Twice": "1, 2"})) as server:
        response = raw(kind, server.url, top=2)
    assert response.status == 200
    assert response.headers["x-request-id"] == "abc"
    assert response.headers["content-type"] == "application/json"
    assert response.content.startswith(b'{"exports"')
    assert response.elapsed > 0
    assert response.url == f"{server.url}/mesh-export/?$top=2"
    assert repr(response) == f"<RawResponse 200 GET {response.url}>"
    assert [item.id.int for item in response.parse().exports] == [0, 1]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_raw_answer_is_parsed_only_on_demand(kind: Kind) -> None:
    with serve(http(200, b"no JSON")) as server:
        response = raw(kind, server.url)
    with pytest.raises(DecodeError):
        response.parse()


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_raw_call_fails_as_any_other(kind: Kind) -> None:
    with serve(http(422)) as server, pytest.raises(InvalidRequestError):
        raw(kind, server.url)
    with pytest.raises(InvalidArgumentError):
        raw(kind, "http://127.0.0.1:9", top=1001)


def test_a_raw_call_has_the_parameters_of_the_plain_one() -> None:
    with MeshExportClient(TOKEN) as client:
        plain = inspect.signature(client.exports.list).parameters
        assert set(plain) - set(inspect.signature(client.exports.with_raw_response.list).parameters) == {
            "limit",
            "start",
        }


def waited(kind: Kind, url: str, what: Export | UUID | str, **options: Any) -> Export:
    options = {"interval": 0.001, "max_wait": 20, **options}
    if kind.name == "sync":
        with MeshExportClient(TOKEN, base_url=url) as client:
            return client.exports.wait_until_complete(what, **options)

    async def wait() -> Export:
        async with AsyncMeshExportClient(TOKEN, base_url=url) as client:
            return await client.exports.wait_until_complete(what, **options)

    return asyncio.run(wait())


def listed(*statuses: str | None) -> list[Answer]:
    return [http(body=page([export(1), *([export(7, status=status)] if status else [])])) for status in statuses]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("named", [UUID(int=7), str(UUID(int=7)).upper()], ids=["uuid", "text"])
def test_waiting_asks_until_the_export_is_complete(kind: Kind, named: UUID | str) -> None:
    with serve(*listed(None, "NotStarted", "InProgress", "Queued", "Complete")) as server:
        found = waited(kind, server.url, named, imodel_id="b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc")
    assert (found.id, found.status) == (UUID(int=7), "Complete")
    assert len(server.asked) == 5
    assert {asked.headers["prefer"] for asked in server.asked} == {"return=representation"}
    assert {asked.query["iModelId"] for asked in server.asked} == {"b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc"}


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("statuses", [("InProgress", "Invalid"), ("InProgress", None)], ids=["invalid", "gone"])
def test_waiting_for_what_cannot_come_fails(kind: Kind, statuses: tuple[str | None, ...]) -> None:
    with serve(*listed(*statuses)) as server, pytest.raises(WaitFailedError):
        waited(kind, server.url, UUID(int=7))


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_waiting_ends(kind: Kind) -> None:
    with serve(*listed("InProgress")) as server, pytest.raises(WaitTimeoutError):
        waited(kind, server.url, UUID(int=7), max_wait=0.05)
    assert server.asked


def test_waiting_for_an_export_that_is_known_looks_in_its_imodel() -> None:
    request = {"iModelId": str(UUID(int=1)), "changesetId": "", "exportType": "3DTiles"}
    known = Export.from_json(http_body(export(7, request=request)))
    with serve(*listed("Complete")) as server:
        waited(KINDS[0], server.url, known)
    assert server.asked[0].query == {"iModelId": str(UUID(int=1))}


def http_body(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def test_pauses_grow_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    answers = iter([None] * 6 + ["done"])
    probe: Callable[[], str | None] = lambda: next(answers)  # noqa: E731
    assert wait_for(probe, max_wait=1000, interval=2, max_interval=6, what="It") == "done"
    assert slept == [2, 3, 4.5, 6, 6, 6]
