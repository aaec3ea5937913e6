"""What goes wrong: one tree of errors, each typed and full of facts, whatever came, and none of them tells a secret."""

from __future__ import annotations

import asyncio
import builtins
import json
import pickle
from typing import Any
from urllib.parse import quote

import mesh_export_client
import pytest
from client_servers import KINDS, TOKEN, Kind, http, page, serve
from hypothesis import given
from hypothesis import strategies as st
from mesh_export_client import (
    AsyncMeshExportClient,
    AuthenticationError,
    ConnectionFailedError,
    DeadlineExceededError,
    DecodeError,
    ErrorDetail,
    ExportNotFoundError,
    IModelNotFoundError,
    InvalidRequestError,
    MeshExportClient,
    MeshExportError,
    NotFoundError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    UnexpectedStatusError,
)
from mesh_export_client._decoding import error_from

INVALID = {
    "error": {
        "code": "InvalidMeshExportRequest",
        "message": "Cannot retrieve export.",
        "details": [
            {"code": "InvalidParameter", "message": "$top must be lower or equal to 1000.", "target": "$top"},
            {"code": "InvalidParameter", "message": "iModelId is invalid.", "target": "iModelId"},
            {"code": "Other", "message": None, "target": None},
        ],
    }
}
ONCE: dict[str, Any] = {"max_retries": 0}


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, AuthenticationError),
        (422, InvalidRequestError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
        (400, UnexpectedStatusError),
        (403, UnexpectedStatusError),
        (404, NotFoundError),
        (410, UnexpectedStatusError),
        (302, UnexpectedStatusError),
        (204, UnexpectedStatusError),
        (201, UnexpectedStatusError),
    ],
)
def test_each_status_has_its_error(kind: Kind, status: int, expected: type[ResponseError]) -> None:
    body = (
        b"" if status == 204 else json.dumps({"error": {"code": "Some", "message": "Words.", "target": "it"}}).encode()
    )
    with serve(http(status, body)) as server, pytest.raises(ResponseError) as caught:
        kind.list(server.url, client=ONCE)
    error = caught.value
    assert type(error) is expected
    assert error.status == status
    assert error.method == "GET"
    assert error.url == f"{server.url}/mesh-export/"
    if status != 204:
        assert (error.code, error.message, error.target) == ("Some", "Words.", "it")
        assert str(error) == f"GET {error.url} was answered with {status}: Some: Words."


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "ExportNotFound", ExportNotFoundError),
        (404, "IModelNotFound", IModelNotFoundError),
        (404, "exportnotfound", NotFoundError),
        (404, "Some", NotFoundError),
        (404, None, NotFoundError),
        (404, 7, NotFoundError),
        (422, "ExportNotFound", InvalidRequestError),
        (410, "ExportNotFound", UnexpectedStatusError),
    ],
)
def test_a_documented_code_of_a_404_has_an_error_of_its_own(
    kind: Kind, status: int, code: object, expected: type[ResponseError]
) -> None:
    answer = http(status, {"error": {"code": code, "message": "Requested export is not available."}})
    with serve(answer) as server, pytest.raises(ResponseError) as caught:
        kind.list(server.url, client=ONCE)
    assert type(caught.value) is expected
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - written by this very test
    assert (type(again), str(again), vars(again)) == (expected, str(caught.value), vars(caught.value))


def test_codes_of_a_404_are_caught_with_the_rest() -> None:
    for error in (ExportNotFoundError, IModelNotFoundError):
        assert error.__bases__ == (NotFoundError,)
        assert error.__name__ in mesh_export_client.__all__
    raised = mesh_export_client.Exports.get.__doc__ or ""
    assert "ExportNotFoundError: The service answered 404 with the code `ExportNotFound`." in raised
    assert "IModelNotFoundError" not in raised


def test_the_text_of_an_error_names_what_is_wrong() -> None:
    with serve(http(422, INVALID)) as server, pytest.raises(InvalidRequestError) as caught:
        KINDS[0].list(server.url)
    assert str(caught.value) == (
        f"GET {server.url}/mesh-export/ was answered with 422: InvalidMeshExportRequest: Cannot retrieve export. "
        "($top must be lower or equal to 1000; iModelId is invalid; Other)"
    )


def text_with(*details: object, secrets: tuple[str, ...] = ()) -> str:
    error = error_from(
        status=422,
        method="GET",
        url="u",
        headers={},
        content=json.dumps({"error": {"code": "C", "details": details}}).encode(),
        secrets=secrets,
    )
    return str(error).removeprefix("GET u was answered with 422: C")


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([], ""),
        ([None, 3, "x", {}, {"target": ""}], ""),
        ([{"message": "Must be a UUID.", "target": "iModelId"}], " (iModelId: Must be a UUID)"),
        ([{"message": "identity unknown", "target": "id"}], " (id: identity unknown)"),
        ([{"code": "Bad", "target": "id"}, {"target": "cdn"}], " (id: Bad; cdn)"),
        ([{"message": "On\ntwo  lines."}], " (On two lines)"),
        ([{"message": "x" * 500}], f" ({'x' * 120}…)"),
        ([{"message": str(number)} for number in range(5)], " (0; 1; 2; 3; 4)"),
        ([{"message": str(number)} for number in range(99)], " (0; 1; 2; 3; 4; and 94 more)"),
    ],
)
def test_details_are_named_in_short(details: list[object], expected: str) -> None:
    assert text_with(*details) == expected


def test_details_in_a_text_tell_no_secret_and_no_half_of_one() -> None:
    token = "<" + "0123456789" * 30
    text = text_with(
        {"message": "-" * 100 + token, "target": token}, {"message": "https://a.example/?sig=S"}, secrets=(token,)
    )
    assert "<0" not in text
    assert "sig" not in text
    assert text.count("[hidden]") == 3


def test_the_tree_has_one_root_and_documented_statuses_beside_the_unexpected() -> None:
    names = [
        name for name in mesh_export_client.__all__ if name.endswith("Error") and name not in ("DetailedError", "Error")
    ]
    errors = [getattr(mesh_export_client, name) for name in names]
    assert all(issubclass(error, MeshExportError) for error in errors)
    for error in (AuthenticationError, InvalidRequestError, RateLimitError, ServerError, UnexpectedStatusError):
        assert error.__bases__ == (ResponseError,)
    assert not set(names) & set(dir(builtins))


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_an_invalid_request_names_each_thing_that_is_wrong(kind: Kind) -> None:
    answer = http(422, INVALID, {"X-Request-Id": "abc-1", "Retry-After": "7"})
    with serve(answer) as server, pytest.raises(InvalidRequestError) as caught:
        kind.list(server.url, top=1001, check=False)
    error = caught.value
    assert error.details == (
        ErrorDetail("InvalidParameter", "$top must be lower or equal to 1000.", "$top"),
        ErrorDetail("InvalidParameter", "iModelId is invalid.", "iModelId"),
        ErrorDetail("Other", None, None),
    )
    assert error.targets == ("$top", "iModelId")
    assert error.request_id == "abc-1"
    assert error.headers["content-type"] == "application/json"
    assert error.url == f"{server.url}/mesh-export/?$top=1001"
    assert json.loads(error.body) == INVALID


@pytest.mark.parametrize(
    ("header", "expected"),
    [("3", 3.0), ("0", 0.0), ("1.5", 1.5), ("soon", None), ("-1", None), ("", None), ("nan", None), ("1e9", None)],
)
def test_a_rate_limit_says_how_many_seconds_to_wait(header: str, expected: float | None) -> None:
    with serve(http(429, {}, {"Retry-After": header})) as server, pytest.raises(RateLimitError) as caught:
        KINDS[0].list(server.url, client=ONCE)
    assert caught.value.retry_after == expected


def test_a_rate_limit_may_name_a_date() -> None:
    answer = http(429, {}, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
    with serve(answer) as server, pytest.raises(RateLimitError) as caught:
        KINDS[0].list(server.url, client=ONCE)
    assert caught.value.retry_after == 0


@pytest.mark.parametrize(
    ("body", "media_type", "message"),
    [
        (b"<html><body>Bad gateway</body></html>", "text/html", None),
        (b"", None, None),
        (b"", "application/json", None),
        (b'{"error": {"code": "Cut', "application/json", None),
        ('{"error": {"code": "C", "message": "Ungültig"}}'.encode("latin-1"), "application/json", "Ungültig"),
        ('{"error": {"message": "Ungültig"}}'.encode("latin-1"), "application/json; charset=iso-8859-1", "Ungültig"),
        ('{"error": {"message": "Ungültig"}}'.encode("utf-16"), "application/json; charset=utf-16", "Ungültig"),
        (b'\xef\xbb\xbf{"error": {"message": "With a mark"}}', "application/json", "With a mark"),
        (b'"just words"', "application/json", "just words"),
        (b'{"error": "just words"}', "application/json", "just words"),
        (b'{"message": "No error around it"}', "application/json", "No error around it"),
        (b'{"error": null}', "application/json", None),
        (b'{"error": []}', "application/json", None),
        (b'{"error": {"code": 7, "message": {}, "target": [], "details": "many"}}', "application/json", None),
        (b'{"error": {"details": [null, 3, "x", {}]}}', "application/json", None),
        (b"[" * 100_000, "application/json", None),
        (b"NaN", "application/json", None),
        (b"\xff\xfe\x00\x01" * 10, "application/octet-stream", None),
        (b"{}", "application/json; charset=no-such-charset", None),
        (b"{}", ";;;=;", None),
    ],
)
@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, AuthenticationError), (422, InvalidRequestError), (429, RateLimitError), (502, ServerError)],
)
def test_any_body_gives_the_typed_error(
    body: bytes, media_type: str | None, message: str | None, status: int, expected: type[ResponseError]
) -> None:
    with serve(http(status, body, media_type=media_type)) as server, pytest.raises(expected) as caught:
        KINDS[0].list(server.url, client=ONCE)
    assert caught.value.message == message
    assert caught.value.body == body[:4096]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<html>",
        b'{"exports": [], "_links": {"self": {"href": "https://a.example"}',
        b'{"exports": null, "_links": {"self": {"href": "https://a.example"}}}',
        b'{"exports": {}, "_links": {"self": {"href": "https://a.example"}}}',
        b'{"exports": [], "_links": {}}',
        b'{"exports": [{"id": "no-uuid"}], "_links": {"self": {"href": "https://a.example"}}}',
        b'{"exports": [NaN], "_links": {"self": {"href": "https://a.example"}}}',
        b"[" * 100_000,
        b'{"exports": [{"id": "' + b"\xff" + b'"}]}',
    ],
)
def test_a_success_of_another_shape_is_a_decode_error(kind: Kind, body: bytes) -> None:
    with serve(http(200, body)) as server, pytest.raises(DecodeError) as caught:
        kind.list(server.url)
    assert caught.value.status == 200
    assert len(server.asked) == 1  # it would not be another answer the next time


def test_a_body_is_cut_to_a_sane_size() -> None:
    body = json.dumps({"error": {"code": "c" * 10_000, "message": "m" * 5_000_000}}).encode()
    with serve(http(500, body)) as server, pytest.raises(ServerError) as caught:
        KINDS[0].list(server.url, client=ONCE)
    assert len(caught.value.body) == 4096
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_connection_that_cannot_be_made_is_a_connection_error(kind: Kind) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        kind.list("http://127.0.0.1:9", client=ONCE)
    assert (caught.value.method, caught.value.url) == ("GET", "http://127.0.0.1:9/mesh-export/")
    assert not isinstance(caught.value, ConnectionError)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_silence_is_a_timeout(kind: Kind) -> None:
    with serve(lambda *_: None) as server, pytest.raises(RequestTimeoutError) as caught:
        kind.list(server.url, client=ONCE, timeout=0.05)
    assert not isinstance(caught.value, DeadlineExceededError)
    assert not isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_deadline_ends_a_call_that_the_timeout_would_let_go_on(kind: Kind) -> None:
    with serve(lambda *_: None) as server, pytest.raises(DeadlineExceededError, match=r"deadline of 0\.05 s"):
        kind.list(server.url, client=ONCE, deadline=0.05)


def test_errors_survive_pickling() -> None:
    with serve(http(422, INVALID)) as server, pytest.raises(InvalidRequestError) as caught:
        KINDS[0].list(server.url)
    with pytest.raises(ConnectionFailedError) as failed:
        KINDS[0].list("http://127.0.0.1:9", client=ONCE)
    for error in (caught.value, failed.value):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - written by this very test
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again).keys() >= {"method", "url"}


def everything_in(error: BaseException) -> str:
    """All text that an error could show to somebody."""
    return " ".join(
        [
            str(error),
            repr(error),
            repr(vars(error)),
            repr(error.__cause__),
            repr(getattr(error, "__notes__", "")),
        ]
    )


TOKENS = st.text(
    alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=", min_size=12, max_size=60
)


@given(token=TOKENS, status=st.sampled_from([400, 401, 422, 429, 500]), data=st.data())
def test_an_error_tells_no_token_that_the_service_repeats(token: str, status: int, data: st.DataObject) -> None:
    spelling = data.draw(st.sampled_from([token, f"Bearer {token}", quote(token), quote(token, safe="")]))
    body = json.dumps(
        {
            "error": {
                "code": spelling,
                "message": f"Bad token {spelling}.",
                "target": spelling,
                "details": [{"message": spelling}],
            }
        }
    )
    error = error_from(
        status=status,
        method="GET",
        url="https://a.example/",
        headers={"x-echo": spelling, "www-authenticate": f'Bearer realm="{spelling}"'},
        content=body.encode(),
        secrets=(f"Bearer {token}", token),
    )
    text = everything_in(error)
    assert token not in text
    assert quote(token, safe="") not in text


@pytest.mark.parametrize("length", [40, 700, 1500, 6000])
@pytest.mark.parametrize("copies", [1, 7, 60, 600])
def test_a_cut_leaves_no_half_of_a_token(length: int, copies: int) -> None:
    token = "".join(f"<{number:04}" for number in range(length // 5))
    for body in (token * copies, json.dumps({"error": {"message": token * copies, "code": "-" * 90 + token}})):
        error = error_from(
            status=500, method="GET", url="", headers={"x": token * copies}, content=body.encode(), secrets=(token,)
        )
        assert "<0003" not in everything_in(error)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_no_error_holds_the_token_or_a_signature(kind: Kind) -> None:
    link = "https://tiles.example/a?sig=SIGNATURE"
    echo = {"error": {"code": TOKEN, "message": f"See {link}", "target": f"Bearer {TOKEN}"}}
    answers = [
        http(401, echo, {"X-Echo": f"Bearer {TOKEN}", "Location": link}),
        http(200, {"exports": [{"id": TOKEN, "a": link}]}),
    ]
    for answer in answers:
        with serve(answer) as server, pytest.raises(ResponseError) as caught:
            kind.list(server.url, extra_query={"key": "QUERYSECRET"})
        text = everything_in(caught.value)
        assert TOKEN not in text
        assert "SIGNATURE" not in text
        assert "QUERYSECRET" not in text


def test_clients_calls_and_settings_show_no_secret() -> None:
    plain, awaited = MeshExportClient(TOKEN), AsyncMeshExportClient(TOKEN)
    shown = [plain, awaited, plain._session.authorization, plain.exports.list(), vars(plain), plain.exports, awaited]
    assert TOKEN not in repr(shown)
    plain.close()
    asyncio.run(awaited.aclose())
    assert page(0)
