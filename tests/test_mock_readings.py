"""Whatever the reading, the endpoint keeps what no freedom touches; whatever the input, it has an answer."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_http import ask, walk

from conformance.mock import READINGS, Reading, Settings, compose, create_app
from conformance.mock.compositions import readings
from conformance.mock.model import PARAMETERS

FULL = {"prefer": "return=representation"}
_WORDS = st.sampled_from(
    [
        *("", "0", "1", "-1", "+5", "010", "1e3", "9" * 30, "date:asc", "DATE:ASC", "x", "a" * 40, "A" * 40, "5.13.3"),
        *(
            "37",
            "3DTILES",
            "00000000-0000-4000-8000-000000000000",
            "%00",
            "%FF",
            "%zz",
            "%",
            "'",
            "[]",
            "é",
            "\x00",
            " ",
        ),
    ]
)
_VALUES = st.one_of(_WORDS.map(str.encode), st.binary(max_size=12).map(lambda raw: raw.replace(b"&", b"")))
_QUERIES = st.lists(
    st.tuples(st.sampled_from([*PARAMETERS, "%24top", "IMODELID", "other", ""]).map(str.encode), _VALUES), max_size=5
).map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs))
_HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"prefer", b"x-api-host-and-root", b"accept", b"accept-encoding", b"host", b"authorization"]),
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from([b"return=representation", b'a="', b"https://h/r", b"h", b"gzip", b"Bearer mock-token"]),
        ),
    ),
    max_size=4,
)


@settings(max_examples=300)
@given(
    reading=readings(),
    path=st.sampled_from([b"/mesh-export/", b"/mesh-export", b"/", b"/mesh-export/\n", b"/%ff"]),
    query=st.one_of(_QUERIES, st.binary(max_size=40)),
    headers=_HEADERS,
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "BREW"]),
    token=st.booleans(),
)
def test_any_input_has_an_answer(
    reading: Reading, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], method: str, token: bool
) -> None:
    app = create_app(Settings(reading=evolve(reading, size=20)))
    reply = ask(app, path + b"?" + query, headers, method, token=token)
    refused = {400, 414, 431} if reading.http_layer == "plain-text" else set()
    own = {400} if reading.own_refusals == "bad-request" else set()
    assert reply.status in {200, 204, 401, 404, 405, 422} | refused | own
    if reply.status not in {204} | refused and "content-encoding" not in reply.headers and reply.body:
        assert reply.json
    assert reply.body or reply.status == 204 or method == "HEAD"


@settings(max_examples=60)
@given(reading=readings(), seed=st.integers(0, 5))
def test_pages_and_filters_agree_with_the_walk(reading: Reading, seed: int) -> None:
    app = create_app(Settings(seed=seed, reading=evolve(reading, size=150, gzip=False)))
    whole = walk(app, headers=FULL)
    ids = [export["id"].lower() for export in whole]
    assert len(set(ids)) == 150
    page = ask(app, "/mesh-export/?$top=11&$skip=40", FULL)
    assert [one.lower() for one in page.ids] == ids[40:51]
    wanted = whole[77]["request"]
    query = f"iModelId={wanted['iModelId']}&exportType={wanted['exportType']}&$orderBy=date:desc"
    found = walk(app, f"/mesh-export/?{query}", FULL)
    assert {export["id"].lower() for export in found} == {
        export["id"].lower()
        for export in whole
        if export["request"]["iModelId"].lower() == wanted["iModelId"].lower()
        and _type(export, reading) == _type({"request": wanted}, reading)
    }


def _type(export: dict[str, Any], reading: Reading) -> str:
    name: str = export["request"]["exportType"]
    return "3DTiles" if name == "3DTILES" and reading.tiles_alike else name


@pytest.mark.parametrize("name", READINGS)
def test_presets_answer(name: str) -> None:
    app = create_app(Settings(reading=READINGS[name]))
    ids = [export["id"] for export in walk(app)]
    assert len(set(ids)) == len(ids) == READINGS[name].size


def test_moving_collection_moves_a_little() -> None:
    app = create_app(Settings(reading=READINGS["moving"]))
    before = {export["id"]: export for export in walk(app)}
    for _ in range(200):
        ask(app, "/mesh-export/?$top=1")
    after = {export["id"]: export for export in walk(app)}
    assert before != after
    assert len(before.keys() & after.keys()) > 240
    assert sum(before[one] == after[one] for one in before.keys() & after.keys()) > 240


def test_rate_limit_lifts() -> None:
    app = create_app(Settings(rate=3))
    statuses = [ask(app, "/mesh-export/?$top=1").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    reply = ask(app)
    assert reply.json["error"]["code"] == "RateLimitExceeded"
    time.sleep(int(reply.headers["retry-after"]))
    assert ask(app).status == 200


def test_readings_compose() -> None:
    reading = compose(["strict", "lenient", "top_zero=default", "head=true", "size=7"])
    assert (reading.repeated, reading.top_zero, reading.head, reading.size) == ("last", "default", True, 7)
    assert not math.isinf(reading.rate_window)


@pytest.mark.parametrize(
    "wrong", ["bogus", "bogus=1", "top_zero=bogus", "head=1", "size=-1", "size=x", "rate_window=nan"]
)
def test_unknown_choices(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"bogus|head|size|rate_window"):
        compose([wrong])
