"""Retries: what is repeated, how long each wait is, and that none goes on past the deadline."""

from __future__ import annotations

import datetime
import email.utils
from typing import TYPE_CHECKING, Any

import pytest
from client_servers import KINDS, TOKEN, Answer, Kind, http, page, serve
from hypothesis import given
from hypothesis import strategies as st
from mesh_export_client import (
    AuthenticationError,
    ConnectionFailedError,
    InvalidRequestError,
    MeshExportClient,
    RateLimitError,
    ResponseError,
    RetryEvent,
    RetryPolicy,
    ServerError,
)
from mesh_export_client._call import Call, Operation, no_content
from mesh_export_client._retry import delay, may_repeat, seconds_to_wait

if TYPE_CHECKING:
    import socket

QUICK = RetryPolicy(max_retries=2, initial_delay=0.001, max_delay=0.002, max_retry_after=0.003)
GOOD = http(body=page())


def cut(connection: socket.socket, _asked: object) -> bool:
    """Break the connection instead of answering."""
    del connection
    return False


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("bad", [http(429), http(408), http(500), http(502), http(503), http(504), cut], ids=range(7))
def test_what_may_pass_is_tried_again(kind: Kind, bad: Answer) -> None:
    with serve(bad, bad, GOOD) as server:
        assert len(kind.list(server.url, client={"retries": QUICK})) == 1
    assert len(server.asked) == 3


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(("settings", "requests"), [({"retries": QUICK}, 3), ({"max_retries": 0}, 1)])
def test_it_is_not_tried_for_ever(kind: Kind, settings: dict[str, Any], requests: int) -> None:
    with serve(http(503)) as server, pytest.raises(ServerError):
        kind.list(server.url, client=settings)
    assert len(server.asked) == requests


def test_two_retries_are_the_default() -> None:
    assert RetryPolicy().max_retries == 2
    with MeshExportClient(TOKEN) as client:
        assert client._session.settings.retries == RetryPolicy()


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_call_can_have_its_own_number_of_retries(kind: Kind) -> None:
    with serve(http(503)) as server, pytest.raises(ServerError):
        kind.list(server.url, client={"retries": QUICK}, max_retries=5)
    assert len(server.asked) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    with serve(http(status)) as server, pytest.raises(ResponseError):
        KINDS[0].list(server.url, client={"retries": QUICK})
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_hook_sees_each_wait(kind: Kind) -> None:
    seen: list[RetryEvent] = []
    with serve(http(429, headers={"Retry-After": "0"}), http(500), GOOD) as server:
        kind.list(server.url, client={"retries": QUICK, "on_retry": seen.append})
    assert [(event.operation, event.attempt, type(event.error)) for event in seen] == [
        ("listExports", 1, RateLimitError),
        ("listExports", 2, ServerError),
    ]
    assert seen[0].delay == 0
    assert 0 <= seen[1].delay <= 0.002


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("header", ["1000000000", "60", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_long_wait_that_the_service_asks_for_is_capped(kind: Kind, header: str) -> None:
    seen: list[RetryEvent] = []
    with serve(http(429, headers={"Retry-After": header}), GOOD) as server:
        kind.list(server.url, client={"retries": QUICK, "on_retry": seen.append})
    assert [event.delay for event in seen] == [0.003]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("header", ["59", "3600"])
def test_no_wait_goes_on_past_the_deadline(kind: Kind, header: str) -> None:
    """The service asks for longer than there is time: the error comes at once, not after the wait."""
    seen: list[RetryEvent] = []
    answer = http(429, headers={"Retry-After": header})
    with serve(answer) as server, pytest.raises(RateLimitError) as caught:
        kind.list(server.url, client={"max_retries": 5, "deadline": 5, "on_retry": seen.append})
    assert caught.value.retry_after == float(header)
    assert seen == []
    assert len(server.asked) == 1


@given(
    attempt=st.integers(1, 10_000),
    retries=st.builds(RetryPolicy, initial_delay=st.floats(0, 60), max_delay=st.floats(0, 600)),
)
def test_back_off_has_full_jitter_below_a_bound_that_doubles(attempt: int, retries: RetryPolicy) -> None:
    bound = min(retries.max_delay, retries.initial_delay * 2 ** min(attempt - 1, 30))
    drawn = [delay(retries, attempt, None) for _ in range(20)]
    assert all(0 <= seconds <= bound for seconds in drawn)
    assert bound == 0 or len(set(drawn)) > 1


@given(st.text() | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str))
def test_any_retry_after_header_gives_seconds_or_nothing(text: str) -> None:
    seconds = seconds_to_wait(text)
    assert seconds is None or seconds >= 0


def test_a_date_is_seconds_from_now() -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    seconds = seconds_to_wait(email.utils.format_datetime(moment, usegmt=True))
    assert seconds is not None
    assert 0 < seconds <= 3600


def post(path: str = "/mesh-export/") -> Call[None]:
    return Call(Operation("createExport", "POST", path, "application/json", (202,)), no_content, {}, {"a": 1}, {})


@pytest.mark.parametrize(
    ("bad", "requests", "error"),
    [
        (http(503), 1, ServerError),
        (http(408), 1, ResponseError),
        (cut, 1, ConnectionFailedError),
        (http(429), 3, RateLimitError),
        (http(422), 1, InvalidRequestError),
        (http(401), 1, AuthenticationError),
    ],
)
def test_a_post_is_repeated_only_where_it_cannot_have_been_done(
    bad: Answer, requests: int, error: type[Exception]
) -> None:
    with serve(bad) as server, MeshExportClient(TOKEN, base_url=server.url, retries=QUICK) as client:
        with pytest.raises(error):
            client._session.send(post())
        assert len(server.asked) == requests
        assert server.asked[0].body == b'{"a":1}'


def test_a_post_that_was_never_sent_is_repeated() -> None:
    seen: list[RetryEvent] = []
    with (
        MeshExportClient(TOKEN, base_url="http://127.0.0.1:9", retries=QUICK, on_retry=seen.append) as client,
        pytest.raises(ConnectionFailedError) as caught,
    ):
        client._session.send(post())
    assert len(seen) == 2
    assert may_repeat("POST", caught.value)
