"""Each fault is tied to the ledger, and shows itself to somebody who asks the right question.

Of a fault that a run of the suite names, `test_suite_faults` shows it.
"""

from __future__ import annotations

import asyncio
import functools
import json
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from attrs import evolve
from mock_http import Reply, ask, ask_together, walk
from test_suite_faults import ELSEWHERE

from conformance import spec
from conformance.mock import FAULTS, SCRATCH_IMODEL, Clock, Reading, Settings, create_app, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

CHECKABLE = {entry["id"] for entry in spec.read("requirements.yaml")["requirements"] if "unchecked" not in entry}
FULL = {"prefer": "return=representation"}
VENDOR = {"accept": "application/vnd.bentley.itwin-platform.v1+json"}
JSON = {"accept": "application/json,*/*;q=0.01"}
ROOT = {"x-api-host-and-root": "http://gate.example.com:8080/API/Root/"}
SESSION = {"sessionid": "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc"}
GZIP = {"accept-encoding": "gzip"}
OTHER = "token-of-another-user"

Question = tuple[str, str, dict[str, str] | list[tuple[bytes, bytes]], bool]


@functools.cache
def _exports() -> list[Any]:
    return walk(create_app(), headers=FULL)


def _get(query: str = "", headers: dict[str, str] | None = None, *, path: str = "/mesh-export/") -> Question:
    return "GET", f"{path}?{query}" if query else path, headers or {}, True


def _without_token(query: str = "", value: str | None = None, *, path: str = "/mesh-export/") -> Question:
    headers = {} if value is None else {"authorization": value}
    return "GET", f"{path}?{query}" if query else path, headers, False


@functools.cache
def _questions() -> list[Question]:
    list_questions = [*_credential_questions(), *_odd_questions(), *_plain_questions(), *_filter_questions()]
    return [*list_questions, *_single_questions(), *_other_questions()]


def _other_questions() -> Iterator[Question]:
    """What another user asks after the first one: of the list, and of each iModel."""
    changesets = {export["request"]["iModelId"]: export["request"]["changesetId"] for export in _exports()}
    queries = ["", "$orderBy=date:asc"]
    for imodel, changeset in changesets.items():
        named = f"iModelId={imodel}"
        more = ("", "&$orderBy=date:asc", "&$skip=1", f"&changesetId={changeset}")
        queries += [*(named + each for each in more), f"iModelId={imodel.upper()}"]
    for query in queries:
        yield _get(query)
        for headers in ({}, FULL):
            yield ("GET", f"/mesh-export/?{query}", {**headers, "authorization": f"Bearer {OTHER}"}, False)
        yield ("GET", f"/mesh-export?{query}", {"authorization": f"Bearer {OTHER}"}, False)


def _single_questions() -> Iterator[Question]:
    ids = [export["id"] for export in _exports()[:12]]
    for one in (*ids, "00000000-0000-4000-8000-000000000000", "not-a-uuid"):
        yield from (
            _get(path=f"/mesh-export/{one}"),
            _get("cdn=1", {"prefer": "return=minimal"}, path=f"/mesh-export/{one}"),
        )
    for one in ("00000000-0000-4000-8000-000000000000", "not-a-uuid"):
        yield from (("DELETE", f"/mesh-export/{one}", {}, token) for token in (True, False))
        yield ("DELETE", f"/mesh-export/{one}", {"authorization": "Bearer wrong"}, False)
    yield from (_without_token(path=f"/mesh-export/{ids[0]}", value=value) for value in (None, "Bearer wrong"))


def _plain_questions() -> Iterator[Question]:
    yield from (_get(), _get("", FULL), _get("$top=1000", FULL), _get("$top=1000"), _get("", VENDOR), _get("", JSON))
    yield from (_get("", {**FULL, **JSON}), _get("", {**FULL, **ROOT}), _get("$top=7&$skip=9", {**FULL, **ROOT}))
    yield from (
        _get("$top=5", ROOT),
        _get("$top=5"),
        _get("", GZIP),
        _get("$top=5", FULL, path="/mesh-export"),
        _get("$top=1"),
    )
    yield from (
        _get("%24top=5&%24skip=3&%24orderBy=date:asc"),
        _get("$top=%C2%B2"),
        _get("", {"if-none-match": '"nobody has it"'}),
        _get("", {"range": "bytes=0-10"}),
        _get("", {"if-modified-since": "Sat, 29 Oct 1994 19:43:31 GMT"}),
        _get("$top=5&client=CesiumJS"),
        _get("$top=5&a=1&b=2&c=3&d=4"),
    )
    yield from (
        _get(f"$top={top}&$skip={skip}") for top in (1, 2, 100, 101, 1000) for skip in (0, 1, 100, 249, 250, 251)
    )
    yield from (_get(f"$skip={skip}") for skip in (0, 100, 200, 240, 1001, 65536, 2_000_000, 2**31))
    for order in ("date:asc", "date:desc"):
        yield from (
            _get(f"$orderBy={order}{rest}", FULL) for rest in ("", "&$top=1000", "&$top=9&$skip=50", "&$top=8&$skip=50")
        )
        yield from (_get(f"$orderBy={order}{rest}") for rest in ("", "&$skip=100", "&exportType=IMODEL", "&cdn=1"))
        yield _get(f"$orderBy={order}&$top=50", VENDOR)
    yield from (
        _get(f"cdn={cdn}{rest}", FULL)
        for cdn in (0, 1)
        for rest in ("", "&$top=1000", "&$skip=100", "&$orderBy=date:asc")
    )
    yield from (_get(f"cdn={cdn}") for cdn in (0, 1))
    yield _get("cdn=1&exportType=CESIUM", FULL)
    yield from (_get("", {"prefer": text}) for text in _PREFERENCES)
    yield from (_get("$orderBy=date:asc", {"prefer": "return=minimal"}), _get("", {"prefer": "return=minimal"}))
    yield "GET", "/mesh-export/?$top=5", [(b"prefer", b"wait=5"), (b"prefer", b"return=representation")], True
    yield from (_get("$top=5", {"if-none-match": "*"}), _get("$top=5", {"range": "bytes=0-1"}))
    yield from ((method, "/mesh-export/", {}, True) for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "HEAD"))
    yield ("POST", "/mesh-export/", {}, False)
    yield from (_get("$top=5"), _get("$top=6"), _get("$top=5", {"user-agent": "x"}))


_PREFERENCES = (
    "Return=representation",
    "wait=5, return=representation",
    "return=representation, wait=5",
    'return="representation"',
    "return=representation; a=b",
    " return=representation ,wait=5",
    "return=other",
    "respond-async",
    "echo=representation",
    'foo="',
    "\xff",
)


def _filter_questions() -> Iterator[Question]:
    exports = _exports()
    for name in ("iModelId", "changesetId", "exportType"):
        for value in sorted({export["request"][name] for export in exports} - {""}):
            yield from (_get(f"{name}={value}", FULL), _get(f"{name}={value}&$top=5", path="/mesh-export"))
            yield from (_get(f"{name}={value}&$top=5&$skip=5"), _get(f"{name}={value}&$orderBy=date:desc&$top=6", FULL))
            yield from (_get(f"{name}={value}&tileVersion=30&$top=5&$skip=3"), _get(f"{name}={value}&iTwinJS=4.8.3"))
            yield from (_get(f"{name}={value}&tileVersion=37&iTwinJS=5.13.3"), _get(f"{name}={value}", SESSION))
            yield _get(f"{name}={value}&$orderBy=date:asc&cdn=1")
    request = _of_shared_changeset(exports)
    three = "&".join(f"{name}={request[name]}" for name in ("iModelId", "changesetId", "exportType"))
    pairs: tuple[str, ...] = (f"iModelId={request['iModelId']}&changesetId={request['changesetId']}", three)
    pairs += (f"changesetId={request['changesetId']}&exportType={request['exportType']}",)
    pairs += (f"iModelId={request['iModelId']}&exportType={request['exportType']}",)
    for pair in pairs:
        yield from (_get(pair), _get(f"{pair}&$top=2", FULL), _get(f"{pair}&$orderBy=date:desc", FULL))
        yield _get(f"{pair}&cdn=1", {**FULL, **ROOT})
    yield _get("tileVersion=37&iTwinJS=5.13.3&$top=6&$skip=6&$orderBy=date:desc&exportType=IMODEL&cdn=1", FULL)
    for name, values in (("tileVersion", ("9", "30", "37")), ("iTwinJS", ("4.8.3", "5.13.3", "4.0", "5.13.3-dev.1"))):
        yield from (
            _get(f"{name}={value}{rest}") for value in values for rest in ("", "&$skip=20&$top=9", "&$orderBy=date:asc")
        )
        yield from (_get(f"{name}={value}&exportType=IMODEL") for value in values)
        yield from (_get(f"{name}={values[0]}") for _ in range(4))
    yield from (_get("exportType=" + value) for value in ("a%26b%20%C3%A9", "a%27", "%3Ca%3E", "imodel"))


def _of_shared_changeset(exports: list[Any]) -> Any:
    owners: dict[str, set[str]] = {}
    for export in exports:
        owners.setdefault(export["request"]["changesetId"], set()).add(export["request"]["iModelId"])
    return next(export["request"] for export in exports if len(owners[export["request"]["changesetId"]]) == 2)


def _odd_questions() -> Iterator[Question]:
    uuid, digits = _exports()[0]["request"]["iModelId"], _exports()[0]["request"]["changesetId"]
    for text in (f"{uuid}0", f"0{uuid}", f"{uuid[:-1]}g", f"{{{uuid}}}", uuid.replace("-", ""), "x", f"{'0' * 35}-"):
        yield _get(f"iModelId={text}")
    yield _get("iModelId=00000000-0000-4000-8000-000000000000")
    yield from (_get(f"iModelId={uuid}&$orderBy="), _get("exportType=3D_i%25"))
    for text in (f"{digits}0", f"0{digits}", f"{digits[:-1]}g", digits[:-1], digits + digits[:24], digits[:7], "x"):
        yield _get(f"changesetId={text}")
    numbers = ("-1", "-5", "x", "5x", "1.5", "1e1", "0x10", "%D9%A3", "null", "5,6", "%2B5", "+5", "", "0", "1" * 25)
    yield from (
        _get(f"{name}={text}") for name in ("$top", "$skip") for text in (*numbers, "1001", "1024", "3000000000")
    )
    yield from (
        _get(f"$orderBy={text}") for text in ("", "date", "name:asc", "date:up", "date%20asc", "date:asc,x:asc", "x")
    )
    yield from (_get(f"{name}={text}") for name in ("cdn", "tileVersion", "iTwinJS") for text in ("", "x", "2"))
    yield from (
        _get(f"exportType={text}") for text in ("%00", "%FF", "%F0%9F%8F%97", "%zz", "%25", "a" * 300, "a" * 101)
    )
    yield from (_get("$top=1&$top=2"), _get("$skip=1&$skip=2"), _get("exportType=IMODEL&exportType=CESIUM"))
    yield from (_get("a%5B0%5D=1"), _get("=1"), _get("$top=5000&$skip=x&$orderBy=x&iModelId=x&changesetId=x"))
    yield from (
        _get("$top=5000&$skip=x"),
        _get("$top=5000&cdn=0&$skip=3"),
        _get("$top=0", FULL),
        _get("iModelId=x&$top=x&$skip=x"),
    )
    yield from (_get(f"iModelId={uuid}&$top=5000"), _get("$top=4000000000"))
    roots = ("gate.example.com", "http://\xe9", "http://h:x/", "https://gate.example.com")
    yield from (_get("$top=2&$skip=2", {"x-api-host-and-root": root}) for root in roots)
    yield from (_get("$top=2", {"accept": "x"}), _get("$top=2", {"accept": "*/*"}))


def _credential_questions() -> Iterator[Question]:
    queries = (
        "",
        "$top=5",
        f"iModelId={_exports()[0]['request']['iModelId']}",
        "cdn=1",
        "$skip=5",
        "$orderBy=date:asc",
    )
    yield from (_get(query) for query in queries)
    yield _without_token("access_token=mock-token")
    yield from (_without_token(query) for query in (*queries, "$top=5000", "iModelId=x", "$orderBy=x"))
    yield from (_without_token(path="/mesh-export"), _without_token(value="Bearer wrong", path="/mesh-export"))
    yield ("GET", "/mesh-export/", FULL, False)
    yield from (_without_token("iModelId=00000000-0000-4000-8000-000000000000"), _without_token("$skip=250"))
    yield from (_without_token(value="Bearer " + token) for token in _TOKENS)
    yield from (_without_token("$orderBy=date:asc", "Bearer wrong"), _without_token("$top=5000", "Bearer wrong"))
    yield from (
        _without_token(value=text) for text in ("mock-token", "Bearer", "", "Basic mock-token", "BearerX mock-token")
    )
    yield from (_get("$top=1") for _ in range(6))


_TOKENS = (
    "wrong",
    "a.b.c",
    "x" * 120,
    "mock-toke",
    "mock-tokex",
    "mock-token2",
    "2mock-token",
    "MOCK-token",
    "mock-tokXX",
)


_STARTS: tuple[dict[str, object], ...] = (
    {},
    {"iModelId": ""},
    {"iModelId": 7},
    {"iModelId": "00000000-0000-4000-8000-000000000000"},
    {"iModelId": SCRATCH_IMODEL, "exportType": "3DTiles"},
    {"iModelId": SCRATCH_IMODEL, "exportType": "IMODEL"},
    {"iModelId": SCRATCH_IMODEL},
)


def _ask(app: Starlette, question: Question) -> Reply | str:
    method, target, headers, token = question
    try:
        return ask(app, target, headers, method, token=token, timeout=0.3)
    except TimeoutError:
        return "no answer"
    except (RuntimeError, LookupError):
        return "no answer but a crash"


def _reading(name: str) -> Reading:
    return evolve(Reading(), **FAULTS[name].needs)


@functools.cache
def _right(reading: Reading) -> list[Reply | str]:
    app = create_app(Settings(other_token=OTHER, reading=reading))
    return [_ask(app, question) for question in _questions()]


def _shows_itself(name: str) -> bool:
    reading = _reading(name)
    app = create_app(Settings(other_token=OTHER, reading=reading, fault=name))
    right = _right(reading)
    if any(_ask(app, question) != right[place] for place, question in enumerate(_questions())):
        return True
    return reading.operations == "all" and _life(reading, name) != _life(reading, None)


def _life(reading: Reading, fault: str | None) -> list[Reply]:
    """What starts are answered, and what is listed and got while the clock is turned and two exports are deleted."""
    clock = Clock()
    app = create_app(Settings(reading=reading, fault=fault, clock=clock))
    credentials: tuple[tuple[bool, dict[str, str]], ...] = (
        (True, {}),
        (False, {}),
        (False, {"authorization": "Bearer wrong"}),
    )
    seen = [
        ask(app, headers=headers, method="POST", token=token, body=json.dumps(start).encode())
        for start in _STARTS
        for token, headers in credentials
    ]
    started = [f"/mesh-export/57a27ed0-57a2-4ed0-8a27-{number:012x}" for number in range(1, 4)]
    looks = (f"/mesh-export/?iModelId={SCRATCH_IMODEL}", *started)
    for removed in (None, None, started[0], started[1], None, None, None):
        seen += [ask(app, removed, method="DELETE")] if removed else []
        seen += [ask(app, look) for look in looks]
        clock.turn(reading.stage_seconds)
    return seen


def test_every_requirement_has_its_fault() -> None:
    assert {fault.requirements[0] for fault in FAULTS.values()} == CHECKABLE


def test_faults_name_requirements_of_the_ledger_only() -> None:
    assert {one for fault in FAULTS.values() for one in fault.requirements} <= CHECKABLE


def test_names_and_descriptions_are_their_own() -> None:
    assert len({fault.description for fault in FAULTS.values()}) > len(FAULTS) - 5
    assert all(name == name.lower() and " " not in name for name in FAULTS)


CROWD = ("answers-mixed-up", "headers-mixed-up", "crowd-503", "verdict-shared-in-flight")
TIMED = ("date-of-sweep", "ids-made-anew-by-refresh", "one-export-comes-and-goes")
LIMITED = tuple(name for name, fault in FAULTS.items() if "rate" in fault.needs)


@pytest.mark.parametrize("name", sorted(ELSEWHERE.keys() - {*CROWD, *LIMITED, *TIMED}))
def test_fault_that_no_narrowed_run_names_shows_itself(name: str) -> None:
    assert _shows_itself(name)


@pytest.mark.parametrize("name", CROWD)
def test_fault_of_crowds_shows_itself(name: str) -> None:
    headers: tuple[dict[str, str], ...] = (FULL, {}, {"authorization": "Bearer nobody's"}, {})
    requests = [(f"/mesh-export/?$top={top}", headers[top % 4]) for top in range(1, 9)]
    replies = asyncio.run(ask_together(create_app(Settings(fault=name)), requests))
    assert replies != asyncio.run(ask_together(create_app(), requests))


@pytest.mark.parametrize("name", TIMED)
def test_fault_of_some_moments_shows_itself(name: str) -> None:
    clock = Clock()
    app = create_app(Settings(fault=name, clock=clock))
    replies = []
    for _ in range(4):
        replies.append(ask(app, "/mesh-export/?$top=1000"))
        clock.turn(1.0)
    assert len({reply.body for reply in replies}) > 1


@pytest.mark.parametrize("name", LIMITED)
def test_fault_of_limits_shows_itself(name: str) -> None:
    reading = _reading(name)
    apps = [create_app(Settings(reading=reading)), create_app(Settings(reading=reading, fault=name))]
    for path in ("/mesh-export/", "/mesh-export?$skip=1"):
        replies = [[ask(app, path) for _ in range(15)] for app in apps]
        if replies[0] != replies[1]:
            return
    time.sleep(1.1)
    replies = [[ask(app, "/mesh-export/?$top=1")] for app in apps]
    assert replies[0] != replies[1]


def test_who_has_the_etag_of_a_page_needs_no_token() -> None:
    app = create_app(Settings(fault="not-modified-to-nobody"))
    tag = {"if-none-match": ask(app, "/mesh-export/?$top=5").headers["etag"]}
    assert ask(app, "/mesh-export/?$top=5", tag, token=False).status == 304
    assert ask(app, "/mesh-export/?$top=6", tag, token=False).status == 401
    assert ask(app, "/mesh-export/?$top=5", {"if-none-match": '"x"'}, token=False).status == 401


def test_hang_ends_with_the_server() -> None:
    with serve(Settings(fault="hangs-on-preference")) as url, httpx2.Client(timeout=0.5) as client:
        headers = {"authorization": "Bearer mock-token", "prefer": "wait=30"}
        with pytest.raises(httpx2.TimeoutException):
            client.get(f"{url}/mesh-export/", headers=headers)
        begin = time.monotonic()
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("name", ["length-too-long", "gzip-declared-only", "deflate-as-gzip"])
def test_broken_bodies_reach_the_client(name: str) -> None:
    headers = {"authorization": "Bearer mock-token", "accept-encoding": "gzip"}
    with serve(Settings(fault=name)) as url, pytest.raises((httpx2.RemoteProtocolError, httpx2.DecodingError)):
        httpx2.get(f"{url}/mesh-export/", headers=headers)
