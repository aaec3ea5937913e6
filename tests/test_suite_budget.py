"""What a run may cost: a plan of it, its time, requests at once, and a sample where a collection is too large."""

from __future__ import annotations

import re

import pytest
from failing_server import before
from suite import TOKEN, command, judge

from conformance.mock import Settings, serve

CHOSEN = ("--seed", "7", "-k", "parameters or methods")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--max-seconds", "0"), "--max-seconds '0'"),
        (("--concurrency", "0"), "--concurrency '0'"),
        (("--max-walk", "x"), "--max-walk 'x'"),
        (("--plan", "-n", "2"), "leave -n out"),
    ],
)
def test_wrong_use_of_a_budget_gets_one_sentence_and_code_2(arguments: tuple[str, ...], says: str) -> None:
    said = command(*arguments)
    assert said.code == 2, said.output
    assert says in said.output
    assert len(said.output.strip().splitlines()) == 1


def test_a_plan_says_what_the_run_then_sends_and_sends_nothing() -> None:
    with serve(Settings(token=TOKEN, seed=7)) as url, before(url, lambda _: None) as front:
        plan = judge(front.url, "--plan", "--rate", "20", "--concurrency", "1", *CHOSEN)
        assert plan.code == 0, plan.output
        assert front.moments == []
        assert not plan.report
        said = judge(front.url, "--concurrency", "1", *CHOSEN)
    planned = re.search(rf"(\d+) requests would go to {front.url}, (\d+) s at 20 a second", plan.output)
    assert planned
    assert int(planned[1]) == sum(said.report["exchanges"].values())
    assert int(planned[2]) == round(int(planned[1]) / 20)
    assert re.search(r"an invalid value is refused \[\$top\] +\d+", plan.output)


def test_the_end_of_the_time_concludes_with_what_was_seen() -> None:
    with serve(Settings(token=TOKEN, size=110)) as url:
        said = judge(url, "--rate", "40", "--max-seconds", "1.5", *CHOSEN)
    assert "Stopped early: its time is over." in said.report["notes"], said.output
    assert said.report["partial"] is False
    assert said.with_outcome("holds")
    assert said.report["budget"]["seconds"]["limit"] == 1.5


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("top-maximum-unchecked", "top-maximum"),
        ("imodelid-ignored-with-order", "imodelid-only"),
    ],
)
def test_what_a_quick_run_finds_a_full_one_finds(fault: str, requirement: str) -> None:
    bounds = ("--max-requests", "400", "--max-seconds", "20", "--fail-on", "should", "--seed", "7")
    with serve(Settings(token=TOKEN, size=110, fault=fault)) as url:
        said = judge(url, "--profile", "full", "--requirement", requirement, *bounds)
    assert said.with_outcome("violated") == {requirement}, said.output


def test_a_collection_that_is_too_large_is_sampled_without_false_alarm() -> None:
    with serve(Settings(token=TOKEN, size=1700)) as url:
        said = judge(url, "--max-walk", "1", "--seed", "7", "--fail-on", "should", "-k", "selections or exports")
    assert said.with_outcome("violated") == set(), said.output
    assert {"imodelid-only", "filters-combine", "skip-leaves-out"} <= said.with_outcome("holds")
    assert any("1000 exports of it were walked, and these rest on" in note for note in said.report["notes"])


def test_a_fault_shows_in_a_sample() -> None:
    with serve(Settings(token=TOKEN, size=1700, fault="imodelid-ignored-with-order")) as url:
        said = judge(url, "--max-walk", "1", "--seed", "7", "--requirement", "imodelid-only", "-k", "selections")
    assert said.with_outcome("violated") == {"imodelid-only"}, said.output
