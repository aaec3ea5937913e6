"""Another user with fewer rights: what is held against a server, and what is not."""

from __future__ import annotations

import pytest
from suite import OTHER, TOKEN, command, judge

from conformance.mock import READINGS, Settings, serve

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
