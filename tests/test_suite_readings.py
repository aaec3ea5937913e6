"""The suite is silent on every reading of the page that we accept.

Here most of them are judged with a small budget; `make prove` judges each by the whole profile, over many seeds.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from functools import partial
from itertools import cycle
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from plain_server import serving
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from suite import TOKEN, judge
from suite_serving import serving as serving_app

from conformance import ledger
from conformance.checks.links import cursors
from conformance.exchange import Request
from conformance.mock import READINGS, Settings, create_app, serve
from conformance.mock.compositions import compositions
from conformance.mock.reading import Reading
from conformance.query import read

_TOO_LITTLE = {"empty": 4}
_PART = ("--max-requests", "500")
"""`make prove` judges each reading by the whole profile, over several seeds."""


@pytest.mark.parametrize("name", READINGS)
def test_no_reading_is_found_at_fault(name: str) -> None:
    with serve(Settings(token=TOKEN, reading=READINGS[name])) as url:
        said = judge(url, "--seed", "3", "--fail-on", "should", *(() if name == "default" else _PART))
    assert said.with_outcome("violated") == set(), said.output
    assert said.code == _TOO_LITTLE.get(name, 0)


@pytest.mark.parametrize(("size", "protocol"), [(250, "HTTP/1.0"), (30, "HTTP/1.1"), (1001, "HTTP/1.1")])
def test_a_conforming_server_of_another_make_is_not_found_at_fault(size: int, protocol: str) -> None:
    with serving(size, TOKEN, protocol) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should", *_PART)
    assert said.with_outcome("violated") == set(), said.output
    assert said.code == 0


@pytest.mark.parametrize("reading", compositions(3, seed=20, calm=True))
def test_no_composition_of_freedoms_is_found_at_fault(reading: Reading) -> None:
    with serve(Settings(token=TOKEN, reading=reading)) as url:
        said = judge(url, "--seed", "5", "--fail-on", "should", *_PART)
    assert said.with_outcome("violated") == set(), said.output


def test_what_a_link_keeps_of_the_request_hides_no_cursor() -> None:
    link = read(Request(query="x$top=1&$top=5&after=5"))
    assert cursors(link, read(Request(query="$top=5&x$top=1"))) == {"after"}
    # A documented name that the link alone spells in another way is no cursor, but a parameter lost.
    assert cursors(link, read(Request(query="$top=5"))) == frozenset()


Headers = dict[bytes, bytes]


def _refusing(refuses: Callable[[Headers], bool], status: int, media_type: bytes, body: bytes) -> ASGIApp:
    """The mock behind a gateway that refuses, in its own way, requests with such headers."""
    app = create_app(Settings(token=TOKEN))

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if not refuses(dict(scope.get("headers", ()))):
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", media_type)]})
        await send({"type": "http.response.body", "body": body})

    return outer


def _of_a_browser_without_a_token(headers: Headers) -> bool:
    return b"text/html" in headers.get(b"accept", b"") and b"authorization" not in headers


def _wants_a_coding(headers: Headers) -> bool:
    return headers.get(b"accept-encoding") == b"identity;q=0"


def test_a_browser_may_be_refused_by_a_page() -> None:
    page = _refusing(_of_a_browser_without_a_token, 401, b"text/html", b"<html>Log in first.</html>")
    with serving_app(page) as port:
        said = judge(f"http://127.0.0.1:{port}", "--seed", "3", "--fail-on", "should", "-k", "without_authorization")
    assert said.with_outcome("violated") == set(), said.output
    assert "unauthorized-body" in said.with_outcome("holds")


def test_who_wants_no_body_without_a_coding_may_be_refused() -> None:
    with serving_app(_refusing(_wants_a_coding, 406, b"text/plain", b"There is no such coding.")) as port:
        said = judge(f"http://127.0.0.1:{port}", "--seed", "3", "--fail-on", "should", "-k", "odd_accept")
    assert said.with_outcome("violated") == set(), said.output
    assert "status-no-server-error" in said.with_outcome("holds")


def test_a_target_of_more_than_a_thousand_characters_may_be_refused_as_too_long() -> None:
    reading = Reading(http_layer="plain-text", target_limit=1_100)
    with serve(Settings(token=TOKEN, reading=reading)) as url:
        said = judge(url, "--seed", "3", "--fail-on", "should", "-k", "odd_queries or left_to_the_server")
    assert said.with_outcome("violated") == set(), said.output
    assert "status-documented" in said.with_outcome("holds")


def _rewriting(rewrite: Callable[[bytes], bytes], app: ASGIApp, *more: tuple[bytes, bytes]) -> ASGIApp:
    """An endpoint with something else in its bodies, and more headers."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
                await send({**message, "headers": [*kept, *more]})
            else:
                await send({**message, "body": rewrite(message.get("body", b""))})

        await app(scope, receive, tell)

    return outer


def test_links_may_leave_out_the_page_size_that_a_server_has_by_itself() -> None:
    app = create_app(Settings(token=TOKEN, fault="default-page-50"))
    with serving_app(_rewriting(lambda body: body.replace(b"$top=50&", b""), app)) as port:
        said = judge(f"http://127.0.0.1:{port}", "--seed", "3", "--fail-on", "should", "-k", "top_cuts or following")
    assert said.with_outcome("violated") == {"top-default"}, said.output
    assert "links-keep-query" in said.with_outcome("holds")


def test_links_may_have_zeros_before_their_numbers() -> None:
    numbers = re.compile(rb"(?<=top=)|(?<=skip=)")
    app = _rewriting(partial(numbers.sub, b"000"), create_app(Settings(token=TOKEN)))
    with serving_app(app) as port:
        said = judge(f"http://127.0.0.1:{port}", "--seed", "3", "--fail-on", "should", "-k", "top_cuts or following")
    assert said.with_outcome("violated") == set(), said.output
    assert {"links-self-page", "links-next-page"} <= said.with_outcome("holds")


def _in_two_members(body: bytes) -> bytes:
    """Two members of gzip, one behind the other (RFC 1952), with zeros behind them."""
    halves = (body[: len(body) // 2], body[len(body) // 2 :])
    return b"".join(gzip.compress(half, compresslevel=1) for half in halves) + bytes(8)


def test_a_body_may_be_compressed_in_several_members() -> None:
    app = _rewriting(_in_two_members, create_app(Settings(token=TOKEN)), (b"content-encoding", b"gzip"))
    with serving_app(app) as port:
        said = judge(f"http://127.0.0.1:{port}", "--seed", "3", "--fail-on", "should", "-k", "top_cuts")
    assert said.with_outcome("violated") == set(), said.output
    assert {"ok-json", "body-as-declared"} <= said.with_outcome("holds")


def _expire(exports: list[dict[str, Any]]) -> None:
    del exports[len(exports) // 10 + 1 :]


def _rename(exports: list[dict[str, Any]]) -> None:
    for export in exports[::3]:
        export["displayName"] = "another name"


def _begin(exports: list[dict[str, Any]]) -> None:
    for export in exports:
        export |= {"status": "InProgress", "lastModified": "2025-11-11T11:11:11Z"}


@pytest.mark.parametrize(
    ("size", "request_", "happen"),
    [(5, 1, _expire), (5, 3, _expire), (60, 150, _expire), (60, 200, _rename), (5, 100, _begin)],
    ids=["soon", "a little later", "most of a batch", "renamed", "begun together"],
)
def test_what_happens_once_to_a_collection_is_no_fault(
    size: int, request_: int, happen: Callable[[list[dict[str, Any]]], None]
) -> None:
    with serving(size, TOKEN, "HTTP/1.1", happening={request_: happen}) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should", "--max-requests", "350")
    assert said.with_outcome("violated") == set(), said.output


@pytest.mark.parametrize(
    ("reading", "fault", "named"),
    [
        (Reading(renames=True, moves_per_request=0.2, size=160), None, set()),
        (Reading(renames=True, moves_per_second=12, size=300, default_order="newest"), None, set()),
        (Reading(renames=True, moves_per_request=1, moves_per_second=30, size=8), None, set()),
        (Reading(renames=True, moves_per_request=0.25, size=100, default_order="name"), None, set()),
        (Reading(moves_per_second=20, size=1001, default_order="oldest"), None, set()),
        (Reading(moves_per_request=0.25, size=230), "default-page-50", {"top-default"}),
    ],
    ids=[
        "renames",
        "renames all the time",
        "everything changes",
        "by name",
        "over two pages",
        "pages of fifty",
    ],
)
def test_a_collection_that_moves_all_the_time_is_not_found_at_fault(
    reading: Reading, fault: str | None, named: set[str]
) -> None:
    with serve(Settings(token=TOKEN, reading=reading, fault=fault)) as url:
        said = judge(url, "--seed", "1", "--fail-on", "should", "--max-requests", "220")
    assert said.with_outcome("violated") == named, said.output


@pytest.mark.parametrize(
    ("reading", "probes"),
    [
        (Reading(pins=True, moves_per_request=0.25, size=230, default_order="newest"), "following"),
        (
            Reading(pins=True, cursors=True, moves_per_request=0.1, size=230, default_order="newest", full_order="id"),
            "following or parameters",
        ),
    ],
    ids=["beside a place", "in place of one"],
)
def test_a_link_that_holds_on_to_a_moment_is_not_held_against_another(reading: Reading, probes: str) -> None:
    with serve(Settings(token=TOKEN, reading=reading)) as url:
        said = judge(url, "--seed", "1", "--fail-on", "should", "-k", probes)
    assert said.with_outcome("violated") == set(), said.output


@pytest.mark.parametrize("seed", ["1", "2"])
def test_replicas_that_write_dates_in_other_zones_show_no_change(seed: str) -> None:
    reading = Reading(replicas_differ=True, stamps="zone", entity_tags=True, size=60)
    with serve(Settings(token=TOKEN, reading=reading)) as url:
        said = judge(url, "--seed", seed, "--fail-on", "should", "-k", "as_it_was or later_walks or without_end")
    assert said.with_outcome("violated") == set(), said.output


def _renew(exports: list[dict[str, Any]]) -> None:
    exports.insert(0, exports.pop(30) | {"lastModified": "2025-11-11T11:11:11Z"})


def _move_forward(exports: list[dict[str, Any]]) -> None:
    exports.insert(0, exports.pop(1))


@pytest.mark.parametrize("moments", [(60, 100), (60, 150), (100, 200)])
def test_a_second_renewal_in_the_second_that_a_date_shows_is_no_fault(moments: tuple[int, int]) -> None:
    first, last = moments
    happening = {first - 1: _renew, first: _renew, last: _move_forward}
    with serving(60, TOKEN, "HTTP/1.1", happening=happening) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should", "--max-requests", "350")
    assert said.with_outcome("violated") == set(), said.output


def _come(exports: list[dict[str, Any]]) -> None:
    exports.insert(0, exports[0] | {"id": str(uuid4())})


def _come_last(exports: list[dict[str, Any]]) -> None:
    exports.append(exports[0] | {"id": str(uuid4())})


def _go(place: int) -> Callable[[list[dict[str, Any]]], None]:
    def go(exports: list[dict[str, Any]]) -> None:
        del exports[place]

    return go


@pytest.mark.parametrize(
    ("size", "by_turns"),
    [(1000, [_come, _go(500)]), (250, [_come, _go(0)]), (60, [_come_last, _go(-1)])],
    ids=["another one, and the last stood behind a full page", "the same at the front", "the same at the end"],
)
def test_one_export_that_comes_before_one_goes_is_no_fault(
    size: int, by_turns: list[Callable[[list[dict[str, Any]]], None]]
) -> None:
    moments = sorted(Random(1).sample(range(1, 400), 40))
    with serving(size, TOKEN, "HTTP/1.1", happening=dict(zip(moments, cycle(by_turns), strict=False))) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should", "--max-requests", "400", "--concurrency", "1")
    assert said.with_outcome("violated") == set(), said.output


def test_a_next_for_the_rest_of_a_list_that_has_moved_since_is_no_fault() -> None:
    reading = Reading(last_page="rest", size=101, moves_per_request=0.05)
    with serve(Settings(token=TOKEN, reading=reading)) as url:
        said = judge(url, "--seed", "1", "--fail-on", "should", "--max-requests", "400")
    assert said.with_outcome("violated") == set(), said.output


def test_a_page_for_every_path_that_is_unknown_is_not_judged_as_a_list() -> None:
    with serving(60, TOKEN, "HTTP/1.1", elsewhere=(200, "<html>Welcome</html>")) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should", "-k", "spelling_of_the_path")
    assert said.with_outcome("violated") == set(), said.output
    assert "auth-required" in said.with_outcome("holds")


@pytest.mark.parametrize(
    "elsewhere",
    [
        (404, {"error": {"code": "NotFound", "message": "There is nothing here."}}),
        (404, {"error": {"code": "ExportNotFound", "message": "Requested export is not available."}}),
        (404, "not JSON's idea of an error"),
        (405, {}),
        (200, {"exports": [], "_links": {"self": {"href": "https://api.bentley.com/mesh-export/"}}}),
        (200, "<html>Welcome</html>"),
        (302, {}),
        (401, {"error": {"code": "HeaderNotFound", "message": "No."}}),
        (500, {"error": {"code": "InternalServerError", "message": "No."}}),
    ],
)
def test_a_server_without_the_other_operations_is_not_judged_by_them(elsewhere: tuple[int, object]) -> None:
    with serving(60, TOKEN, "HTTP/1.1", elsewhere=elsewhere) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should", "-k", "export")
    assert said.with_outcome("violated") == set(), said.output
    assert {each.id for each in ledger.requirements().values() if each.needs == "getExport"} <= said.with_outcome(
        "unexercised"
    )
    assert "the server did not show that it has the operation getExport" in said.output
