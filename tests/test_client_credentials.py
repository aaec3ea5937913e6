"""Credentials: where they come from, when they are renewed, and that they go nowhere else."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import httpx2
import pytest
from client_servers import KINDS, TOKEN, Answer, Asked, Kind, Server, http, page, serve
from hypothesis import given
from hypothesis import strategies as st
from mesh_export_client import (
    AsyncMeshExportClient,
    AuthenticationError,
    ClientCredentials,
    CredentialsError,
    DeadlineExceededError,
    MeshExportClient,
    RedirectRefusedError,
    RetryPolicy,
    ShareKey,
)

if TYPE_CHECKING:
    import socket

TOKENS = st.text(
    alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=", min_size=12, max_size=60
)
SECRET = "client-secret-0123456789"


def only(token: str) -> Answer:
    """Take one token and refuse every other."""

    def answer(connection: socket.socket, asked: Asked) -> None:
        good = asked.headers.get("authorization") == f"Bearer {token}"
        (http(body=page()) if good else http(401))(connection, asked)

    return answer


def issuer(*, expires_in: object = 3600, pause: float = 0) -> Answer:
    """Give tokens: token-1, token-2 and so on."""
    numbers = itertools.count(1)

    def answer(connection: socket.socket, asked: Asked) -> None:
        time.sleep(pause)
        body = {"access_token": f"token-{next(numbers)}", "token_type": "Bearer", "expires_in": expires_in}
        http(body=body)(connection, asked)

    return answer


def grant(server: Server, **more: Any) -> ClientCredentials:
    return ClientCredentials("the-client", SECRET, issuer=server.url, **more)


def sent(server: Server) -> list[str]:
    return [asked.headers["authorization"] for asked in server.asked]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_function_gives_a_token_for_each_request(kind: Kind) -> None:
    numbers = itertools.count(1)
    with serve(http(body=page(1, "/?$skip=1")), http(body=page(0))) as server:
        kind.list(server.url, client={"token": lambda: f"token-{next(numbers)}"})
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]


def test_an_asynchronous_function_is_awaited() -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return "token-of-a-coroutine"

    with serve(http(body=page())) as server:
        KINDS[1].list(server.url, client={"token": token})
    assert sent(server) == ["Bearer token-of-a-coroutine"]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_after_a_refusal_the_function_is_asked_once_more(kind: Kind) -> None:
    numbers = itertools.count(1)
    with serve(only("token-2")) as server:
        assert len(kind.list(server.url, client={"token": lambda: f"token-{next(numbers)}"})) == 1
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_storm_of_refusals_ends_after_one_renewal(kind: Kind) -> None:
    numbers = itertools.count(1)
    with serve(http(401)) as server, pytest.raises(AuthenticationError):
        kind.list(server.url, client={"token": lambda: f"token-{next(numbers)}"})
    assert len(server.asked) == 2


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("token", [TOKEN, lambda: TOKEN], ids=["text", "function"])
def test_the_same_token_is_not_sent_again_after_a_refusal(kind: Kind, token: Any) -> None:
    with serve(http(401)) as server, pytest.raises(AuthenticationError):
        kind.list(server.url, client={"token": token})
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_share_key_is_sent_as_it_is(kind: Kind) -> None:
    with serve(http(body=page())) as server:
        kind.list(server.url, client={"token": ShareKey("c2hhcmUta2V5")})
    assert sent(server) == ["Basic c2hhcmUta2V5"]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_service_gets_its_own_token_and_keeps_it(kind: Kind) -> None:
    with serve(issuer()) as ims, serve(http(body=page(1, "/?$skip=1")), http(body=page(0))) as server:
        kind.list(server.url, client={"token": grant(ims)})
    (asked,) = ims.asked
    assert (asked.method, asked.path) == ("POST", "/connect/token")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in asked.headers
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["the-client"],
        "client_secret": [SECRET],
        "scope": ["itwin-platform"],
    }
    assert sent(server) == ["Bearer token-1", "Bearer token-1"]


def test_the_issuer_is_that_of_the_platform() -> None:
    assert ClientCredentials("a", "b").token_url == "https://ims.bentley.com/connect/token"


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_token_is_renewed_before_it_ends(kind: Kind) -> None:
    with serve(issuer(expires_in=59)) as ims, serve(http(body=page(1, "/?$skip=1")), http(body=page(0))) as server:
        kind.list(server.url, client={"token": grant(ims, leeway=60)})
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_granted_token_that_is_refused_is_renewed_once(kind: Kind) -> None:
    with serve(issuer()) as ims, serve(only("token-2")) as server:
        assert len(kind.list(server.url, client={"token": grant(ims)})) == 1
    assert sent(server) == ["Bearer token-1", "Bearer token-2"]


def test_threads_share_one_request_for_a_token() -> None:
    start = threading.Barrier(8)
    with (
        serve(issuer(pause=0.1)) as ims,
        serve(http(body=page())) as server,
        MeshExportClient(grant(ims), base_url=server.url) as client,
        ThreadPoolExecutor(8) as threads,
    ):

        def ask(_number: int) -> int:
            start.wait()
            return len(list(client.exports.list()))

        assert list(threads.map(ask, range(8))) == [1] * 8
    assert len(ims.asked) == 1


def test_tasks_share_one_request_for_a_token() -> None:
    async def ask(url: str, credentials: ClientCredentials) -> None:
        async with AsyncMeshExportClient(credentials, base_url=url) as client:

            async def one() -> int:
                return len([item async for item in client.exports.list()])

            assert await asyncio.gather(*(one() for _ in range(8))) == [1] * 8

    with serve(issuer(pause=0.05)) as ims, serve(http(body=page())) as server:
        asyncio.run(ask(server.url, grant(ims)))
    assert len(ims.asked) == 1


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(
    "answer",
    [
        http(400, {"error": "invalid_client", "error_description": f"bad {SECRET}"}),
        http(500),
        http(200, b"<html>"),
        http(200, {"token_type": "Bearer"}),
        http(200, {"access_token": "two words", "expires_in": 1}),
        http(200, {"access_token": "a\r\nX-Evil: 1", "expires_in": 1}),
        http(200, {"access_token": "good", "expires_in": "soon"}),
        http(200, b"[" * 100_000),
        http(302, headers={"Location": "https://elsewhere.example/"}),
    ],
    ids=range(9),
)
def test_an_issuer_that_gives_no_token_is_a_credentials_error(kind: Kind, answer: Answer) -> None:
    with serve(answer) as ims, serve(http(body=page())) as server, pytest.raises(CredentialsError) as caught:
        kind.list(server.url, client={"token": grant(ims)})
    assert SECRET not in str(caught.value) + repr(vars(caught.value))
    assert server.asked == []


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_asking_for_a_token_keeps_within_the_deadline_of_the_call(kind: Kind) -> None:
    silent: Answer = lambda *_: time.sleep(3)  # noqa: E731
    with (
        serve(silent) as ims,
        serve(http(body=page())) as server,
        pytest.raises(DeadlineExceededError) as caught,
    ):
        kind.list(server.url, client={"token": grant(ims)}, deadline=0.1)
    assert caught.value.url == f"{ims.url}/connect/token"
    assert server.asked == []


def test_waiting_for_another_call_to_get_a_token_keeps_within_the_deadline() -> None:
    with serve(issuer(pause=1)) as ims, serve(http(body=page())) as server:
        client = MeshExportClient(grant(ims), base_url=server.url)
        with ThreadPoolExecutor(1) as threads, client:
            first = threads.submit(lambda: list(client.exports.list()))
            while not ims.asked:
                time.sleep(0.01)
            with pytest.raises(DeadlineExceededError, match="another call asks"):
                list(client.exports.list(deadline=0.1))
            assert len(first.result()) == 1


def test_a_task_that_waits_for_a_token_keeps_within_the_deadline() -> None:
    async def ask(url: str, credentials: ClientCredentials) -> list[object]:
        async with AsyncMeshExportClient(credentials, base_url=url) as client:

            async def one(deadline: float) -> int:
                return len([item async for item in client.exports.list(deadline=deadline)])

            return list(await asyncio.gather(one(30), one(0.1), one(30), return_exceptions=True))

    with serve(issuer(pause=0.5)) as ims, serve(http(body=page())) as server:
        first, late, third = asyncio.run(ask(server.url, grant(ims)))
    assert (first, type(late), third) == (1, DeadlineExceededError, 1)
    assert len(ims.asked) == 1


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Evil: 1", "tökén", lambda: "", lambda: None, lambda: 7])
def test_what_is_not_a_token_is_refused_before_it_is_sent(kind: Kind, token: Any) -> None:
    with serve(http(body=page())) as server, pytest.raises(CredentialsError) as caught:
        kind.list(server.url, client={"token": token})
    assert "Evil" not in str(caught.value)
    assert server.asked == []


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("variable", [None, ""])
def test_no_token_at_all_is_an_error_of_its_own(
    kind: Kind, variable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MESH_EXPORT_TOKEN", raising=False)
    if variable is not None:
        monkeypatch.setenv("MESH_EXPORT_TOKEN", variable)
    with pytest.raises(CredentialsError, match="MESH_EXPORT_TOKEN"):
        kind.list("http://127.0.0.1:9", client={"token": None})


def test_credentials_show_no_secret() -> None:
    shown = repr([ClientCredentials("the-client", SECRET), ShareKey(SECRET)])
    assert SECRET not in shown
    assert "the-client" in shown


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_not_followed(kind: Kind, status: int) -> None:
    with serve(http(body=page())) as other:
        answer = http(status, headers={"Location": f"{other.url}/mesh-export/?sig=SIGNATURE&token={TOKEN}"})
        with serve(answer) as server, pytest.raises(RedirectRefusedError) as caught:
            kind.list(server.url)
    assert other.asked == []
    assert "SIGNATURE" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_redirect_within_the_origin_is_followed(kind: Kind) -> None:
    moved = http(307, headers={"Location": "/moved/?$top=1"})
    with serve(moved, http(body=page())) as server:
        assert len(kind.list(server.url)) == 1
    assert [asked.target for asked in server.asked] == ["/mesh-export/", "/moved/?$top=1"]
    assert set(sent(server)) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_redirects_without_end_end(kind: Kind) -> None:
    with serve(http(307, headers={"Location": "/mesh-export/"})) as server, pytest.raises(RedirectRefusedError):
        kind.list(server.url)
    assert len(server.asked) == 6


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_redirect_even_a_callers_own_client_would_follow_is_not_followed(kind: Kind) -> None:
    with serve(http(body=page())) as other, serve(http(302, headers={"Location": other.url})) as server:
        own: Any = (httpx2.Client if kind.name == "sync" else httpx2.AsyncClient)(follow_redirects=True)
        with pytest.raises(RedirectRefusedError):
            kind.list(server.url, client={"http_client": own})
    assert other.asked == []


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_the_log_tells_of_requests_and_retries_and_no_secret(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="mesh_export_client")
    link = f"https://u:{SECRET}@tiles.example/?sig={SECRET}&token=token-1"
    answers = [
        http(429, {"error": {"message": f"Refused: Bearer token-1 {link}"}}, {"Retry-After": "0"}),
        http(body=page(1, link)),
        http(body=page(0)),
    ]
    with serve(issuer()) as ims, serve(*answers) as server:
        kind.list(server.url, client={"token": grant(ims)}, top=1, extra_query={"key": SECRET})
    text = "\n".join(record.getMessage() for record in caplog.records if record.name == "mesh_export_client")
    assert "GET" in text
    assert "$top=1" in text
    assert "attempt 1 failed" in text
    assert SECRET not in text
    assert "token-1" not in text


@given(token=TOKENS, spelling=st.sampled_from(["{}", "Bearer {}", "https://a.example/?sig={}", "key={}"]))
def test_the_log_tells_no_token(token: str, spelling: str) -> None:
    """Whatever the token is, and however the service repeats it."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("mesh_export_client")
    echo = spelling.format(token)
    answers = iter(
        [
            httpx2.Response(429, json={"error": {"code": echo, "message": echo}}, headers={"Retry-After": "0"}),
            httpx2.Response(307, headers={"Location": f"/moved/?key={quote(token, safe='')}"}),
            httpx2.Response(200, json=page(1, f"https://a.example/?key={quote(token, safe='')}")),
            httpx2.Response(500, json={"error": {"message": echo}}),
            httpx2.Response(200, json=page(0)),
        ]
    )
    transport = httpx2.MockTransport(lambda _request: next(answers))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        retries = RetryPolicy(initial_delay=0)
        with MeshExportClient(token, transport=transport, retries=retries, query={"own": token}) as client:
            assert len(list(client.exports.list())) == 1
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    text = "\n".join(lines)
    assert text.count("GET") >= 5
    assert token not in text
    assert quote(token, safe="") not in text
