"""Another user with fewer rights: what is held against a server, and what is not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from suite import OTHER, TOKEN, command, judge
from suite_serving import HOST, serving

from conformance.mock import READINGS, Reading, Settings, create_app, serve

BOTH = ("imodelid-access", "list-own")
ONLY = ("--seed", "1", *(part for name in BOTH for part in ("--requirement", name)))


def test_a_server_that_hides_what_it_must_keeps_both_requirements() -> None:
    with serve(Settings(token=TOKEN, other_token=OTHER)) as url:
        said = judge(url, *ONLY, MESH_EXPORT_OTHER_TOKEN=OTHER)
    assert said.with_outcome("holds") == set(BOTH), said.output
    assert said.code == 0
    assert OTHER not in said.output


@pytest.mark.parametrize("reading", ["lenient", "strict", "moving"])
def test_no_reading_of_the_page_is_held_against_a_server(reading: str) -> None:
    if reading not in READINGS:
        pytest.skip("no such reading")
    with serve(Settings(token=TOKEN, other_token=OTHER, reading=READINGS[reading])) as url:
        said = judge(url, *ONLY, MESH_EXPORT_OTHER_TOKEN=OTHER)
    assert said.with_outcome("violated") == set(), said.output


def test_a_user_who_sees_everything_shows_nothing() -> None:
    with serve(Settings(token=TOKEN, fault="any-token-accepted")) as url:
        said = judge(url, *ONLY, MESH_EXPORT_OTHER_TOKEN=OTHER)
    assert said.with_outcome("inconclusive") == set(BOTH), said.output
    assert "is shown every iModel" in said.output


def test_a_user_who_is_not_let_in_shows_nothing() -> None:
    with serve(Settings(token=TOKEN)) as url:
        said = judge(url, *ONLY, MESH_EXPORT_OTHER_TOKEN=OTHER)
    assert said.with_outcome("inconclusive") == set(BOTH)
    assert "status 401: check MESH_EXPORT_OTHER_TOKEN" in said.output


def test_without_another_user_the_report_says_what_it_takes() -> None:
    with serve(Settings(token=TOKEN)) as url:
        said = judge(url, *ONLY)
    assert said.with_outcome("unexercised") == set(BOTH)
    assert {each["why"] for each in said.report["not_judged"]} == {
        "it takes a second user with fewer rights: MESH_EXPORT_OTHER_TOKEN gives one"
    }


def test_a_finding_is_sent_again_with_the_token_of_the_other_user() -> None:
    with serve(Settings(token=TOKEN, other_token=OTHER, fault="access-not-judged-in-order")) as url:
        said = judge(url, *ONLY, MESH_EXPORT_OTHER_TOKEN=OTHER)
    finding = next(entry for entry in said.report["requirements"] if entry["id"] == "imodelid-access")["findings"][0]
    assert "Bearer $MESH_EXPORT_OTHER_TOKEN" in finding["curl"]
    assert "of which the same user is shown nothing" in finding["message"]


def test_the_same_token_twice_is_wrong_use() -> None:
    said = command("--url", "http://127.0.0.1:9", MESH_EXPORT_OTHER_TOKEN=TOKEN)
    assert said.code == 2
    assert said.output.strip() == (
        "MESH_EXPORT_OTHER_TOKEN is MESH_EXPORT_TOKEN once more: give that of a user with fewer rights."
    )


def _in_part(messages: list[Message]) -> Iterator[Message]:
    """An answer of which the other user is shown every second export, whatever its iModel."""
    start, *bodies = messages
    yield {**start, "headers": [each for each in start["headers"] if each[0].lower() != b"content-length"]}
    text = b"".join(each.get("body", b"") for each in bodies)
    document = json.loads(text) if text.startswith(b'{"exports"') else {}
    if document:
        document["exports"] = [each for each in document["exports"] if int(each["id"][-1], 16) % 2]
    yield {"type": "http.response.body", "body": json.dumps(document).encode() if document else text}


def _of_two_users(*, kept: float) -> ASGIApp:
    """An endpoint that keeps what it answers about an iModel for some seconds, and for both."""
    app = create_app(Settings(token=TOKEN))
    answers: dict[tuple[bytes, bytes], tuple[float, list[Message]]] = {}

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        is_other = OTHER.encode() in headers.get(b"authorization", b"")
        good = (b"authorization", f"Bearer {TOKEN}".encode())
        mine = [good if is_other and each[0] == b"authorization" else each for each in scope["headers"]]
        key = (scope["query_string"], headers.get(b"prefer", b""))
        until, messages = answers.get(key, (0.0, []))
        if time.monotonic() >= until:
            messages = []

            async def collect(message: Message) -> None:
                messages.append(message)

            await app({**scope, "headers": mine}, receive, collect)
            messages = list(_in_part(messages)) if is_other else messages
            if b"iModelId" in scope["query_string"]:
                answers[key] = (time.monotonic() + kept, messages)
        for message in messages:
            await send(message)

    return outer


@pytest.mark.parametrize(("kept", "named"), [(1.0, {"imodelid-access"}), (0.0, set())], ids=["for both", "for nobody"])
def test_an_answer_that_is_kept_for_both_shows_where_every_imodel_is_shown_in_part(
    kept: float, named: set[str]
) -> None:
    with serving(_of_two_users(kept=kept)) as port:
        said = judge(f"http://{HOST}:{port}", *ONLY, MESH_EXPORT_OTHER_TOKEN=OTHER)
    assert said.with_outcome("violated") == named, said.output


def test_what_another_user_alone_has_is_asked_for_where_the_collection_moves() -> None:
    reading = Reading(moves_per_request=0.34)
    fault = "access-not-judged-in-full"
    with serve(Settings(token=TOKEN, other_token=OTHER, reading=reading, fault=fault)) as url:
        chosen = ("--seed", "1", "-k", "what_has_come")
        said = judge(url, *chosen, token=OTHER, MESH_EXPORT_OTHER_TOKEN=TOKEN)
    assert "list-complete" in said.with_outcome("violated"), said.output
