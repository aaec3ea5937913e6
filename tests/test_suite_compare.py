"""What changed between two nights is told by faults, and what comes and goes by history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import history
from conformance.compare import Comparison, as_json, as_markdown, as_text, compare

A, B = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
TARGET = "http://127.0.0.1:1"


def finding(fingerprint: str, deviation: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"fingerprint": fingerprint, "message": f"fault {fingerprint[0]}", "curl": "curl …", "deviation": deviation}


def accepted(state: str) -> dict[str, Any]:
    return {"state": state, "expires": "2026-12-01", "owner": "Ada", "reason": "known", "link": None}


def requirement(name: str, *fingerprints: str, outcome: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "level": "MUST",
        "statement": f"{name} is kept.",
        "unchecked": None,
        "outcome": outcome or ("violated" if fingerprints else "holds"),
        "findings": [finding(each, more.get("deviation")) for each in fingerprints],
    }


def report(day: int, *requirements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "started": f"2026-11-{day:02}T03:17:00Z",
        "target": TARGET,
        "profile": "quick",
        "versions": {"suite": "0.1.0"},
        "partial": False,
        "exit_code": 0,
        "requirements": list(requirements),
        **more,
    }


def became(comparison: Comparison) -> dict[str, str]:
    """What became of each fault."""
    return {change.fingerprint: name for name, changes in comparison.groups() for change in changes}


@pytest.mark.parametrize(
    ("before", "now", "result"),
    [
        ((), (A,), {A: "new"}),
        ((A,), (), {A: "fixed"}),
        ((A,), (A,), {A: "still"}),
        ((A,), (A, B), {A: "still", B: "new"}),
        ((A,), (B,), {A: "fixed", B: "new"}),
    ],
)
def test_a_fault_is_new_fixed_or_still_there(
    before: tuple[str, ...], now: tuple[str, ...], result: dict[str, str]
) -> None:
    comparison = compare(report(1, requirement("top", *before)), report(2, requirement("top", *now)))
    assert became(comparison) == result
    assert [(each.before, each.now) for each in comparison.verdicts] == (
        [] if bool(before) == bool(now) else [("violated", "holds") if before else ("holds", "violated")]
    )


def test_without_a_report_before_all_is_new() -> None:
    comparison = compare(None, report(2, requirement("top", A), requirement("skip")))
    assert became(comparison) == {A: "new"}
    assert not comparison.added


@pytest.mark.parametrize("outcome", ["unexercised", "inconclusive"])
def test_a_fault_that_could_not_be_looked_for_is_not_fixed(outcome: str) -> None:
    comparison = compare(report(1, requirement("top", A)), report(2, requirement("top", outcome=outcome)))
    assert became(comparison) == {A: "unknown"}
    assert [each.now for each in comparison.verdicts] == [outcome]


def test_requirements_that_come_and_go_are_named() -> None:
    comparison = compare(
        report(1, requirement("top"), requirement("skip", A)), report(2, requirement("top"), requirement("next"))
    )
    assert (comparison.added, comparison.removed) == (("next",), ("skip",))
    assert became(comparison) == {A: "unknown"}


def test_what_makes_a_comparison_less_telling_is_said() -> None:
    new = report(2, requirement("top"), profile="full", versions={"suite": "0.2.0"}, partial=True)
    notes = " ".join(compare(report(1, requirement("top")), new).notes)
    for words in ("profile is another", "suite is another: 0.1.0, now 0.2.0", "new report is partial"):
        assert words in notes


@pytest.mark.parametrize(
    ("nights", "result"),
    [
        ("..x", "new"),
        ("x.x", "new"),
        (".x.x", "flaky"),
        ("x.x.", "flaky"),
        (".x.", "fixed"),
        ("xxx", "still"),
    ],
)
def test_history_tells_flaky_from_new(nights: str, result: str, tmp_path: Path) -> None:
    reports = [report(day, requirement("top", *([A] if each == "x" else []))) for day, each in enumerate(nights, 1)]
    for each in reports:
        history.append(tmp_path, each)
    assert became(compare(reports[-2], reports[-1], history.read(tmp_path))) == {A: result}


def test_a_relapse_says_so_and_a_lasting_fault_says_since_when(tmp_path: Path) -> None:
    reports = [report(day, requirement("top", *([A] if each == "x" else []))) for day, each in enumerate("x.xx", 1)]
    for each in reports:
        history.append(tmp_path, each)
    past = history.read(tmp_path)
    assert compare(reports[1], reports[2], past).new[0].note == "it was there before, and gone"
    assert compare(reports[2], reports[3], past).still[0].note == "since 2026-11-03"


def test_an_accepted_fault_is_not_new_until_its_deviation_ends() -> None:
    clean = report(1, requirement("top"))
    covered = report(2, requirement("top", A, outcome="deviates", deviation=accepted("in force")))
    ended = report(3, requirement("top", A, deviation=accepted("expired")))
    assert became(compare(clean, covered)) == {A: "accepted"}
    assert became(compare(covered, ended)) == {A: "new"}
    assert compare(covered, ended).new[0].note == "its deviation has ended"


def test_history_keeps_a_bounded_number_of_small_records(tmp_path: Path) -> None:
    for day in range(1, 8):
        history.append(tmp_path, report(day, requirement("top", A), requirement("skip")), keep=5)
    (tmp_path / "9-notes.json").write_text("not a record", encoding="utf-8")
    records = history.read(tmp_path)
    assert [record.started[8:10] for record in records] == ["03", "04", "05", "06", "07"]
    assert records[0] == history.record(report(3, requirement("top", A), requirement("skip")))
    assert history.read(tmp_path / "none") == []


def test_the_three_forms_say_the_same() -> None:
    comparison = compare(report(1, requirement("top", A)), report(2, requirement("top", B), requirement("skip")))
    assert as_text(comparison).startswith("Something is new: 1 new, 1 fixed, requirements: 1 more, 0 fewer.")
    read = json.loads(as_json(comparison))
    assert read["new"][0]["fingerprint"] == B
    markdown = as_markdown(comparison)
    assert "### New" in markdown
    assert f"`{B}`" in markdown
    for text in (as_text(comparison), markdown):
        assert "fault b" in text


def test_a_servers_words_are_not_read_as_markdown() -> None:
    hostile = report(2, requirement("top", A))
    hostile["requirements"][0]["findings"][0] |= {"message": "``` @admin\n# <b>`x`", "curl": "curl '```'"}
    markdown = as_markdown(compare(None, hostile))
    assert "**MUST `top`** ```` ``` @admin # <b>`x` ````" in markdown
    assert "\n  ````sh\n  curl '```'\n  ````" in markdown
