"""What changed between two nights is told by faults, and what comes and goes by history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from report_samples import sample
from suite import ROOT

from conformance import history
from conformance.command import main
from conformance.compare import Comparison, as_json, as_markdown, as_text, compare
from conformance.report import write
from conformance.report.document import _recurrence

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


def lived(nights: str) -> list[dict[str, Any]]:
    """A report a night: `x` has the fault, `?` judged nothing, `/` and `X` did not come to their end."""
    return [
        report(
            day,
            requirement("top", *([A] if night in "xX" else []), outcome="unexercised" if night == "?" else ""),
            partial=night in "/X",
        )
        for day, night in enumerate(nights, 1)
    ]


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
        (".x.x", "new"),
        (".xx.x", "new"),
        (".x.x.x", "flaky"),
        ("x.x.x", "flaky"),
        ("x.x.", "fixed"),
        ("x.x.x.", "flaky"),
        (".x.", "fixed"),
        ("xxx", "still"),
        # A night that judged nothing, and one that did not come to its end.
        ("x?x", "still"),
        ("x?", "unknown"),
        ("x??", "unknown"),
        ("x?.", "fixed"),
        ("x/", "unknown"),
        ("x/x", "still"),
        ("x/.", "fixed"),
        ("./x", "new"),
        (".Xx", "still"),
        ("x/x/x", "still"),
    ],
)
def test_history_tells_flaky_from_new(nights: str, result: str, tmp_path: Path) -> None:
    reports = lived(nights)
    for each in reports:
        history.append(tmp_path, each)
    past = history.read(tmp_path)
    assert became(compare(reports[-2], reports[-1], past)) == {A: result}
    assert became(compare(None, reports[-1], past)) == {A: result}


@pytest.mark.parametrize("nights", ["..x", ".xx.x", ".x.x.x", "x?x", "x/x", "./x", ".Xx", "xx"])
def test_a_report_reads_the_past_as_compare_does(nights: str) -> None:
    *before, now = lived(nights)
    past = [history.record(each) for each in before]
    came = _recurrence("top", A, past)
    reading = "flaky" if came["flaky"] else "new" if came["new"] else "still"
    assert became(compare(None, now, past)) == {A: reading}


def test_a_relapse_says_so_and_a_lasting_fault_says_since_when(tmp_path: Path) -> None:
    reports = [report(day, requirement("top", *([A] if each == "x" else []))) for day, each in enumerate("x.xx", 1)]
    for each in reports:
        history.append(tmp_path, each)
    past = history.read(tmp_path)
    assert compare(reports[1], reports[2], past).new[0].note == "it was there before, and gone"
    assert compare(reports[2], reports[3], past).still[0].note == "since 2026-11-03"


def test_what_past_runs_know_of_a_fault_that_went_is_told_without_its_report() -> None:
    *before, now = lived("xx.")
    past = [history.record(each) for each in before]
    (fixed,) = compare(None, now, past).fixed
    assert (fixed.requirement, fixed.level, fixed.message) == ("top", "MUST", "it was there on 2026-11-02")
    assert compare(None, now, past).notes == ("Compared with past runs, the last of which began 2026-11-02T03:17:00Z.",)
    newer = {**now, "versions": {"suite": "0.2.0"}}
    assert "The suite is another: 0.1.0, now 0.2.0." in compare(None, newer, past).notes


def test_what_is_left_is_what_is_violated_or_not_known_to_be_mended() -> None:
    covered = report(1, requirement("top", A, outcome="deviates", deviation=accepted("in force")))
    for nights, left in (("x.", ()), (".x", ("top",)), ("x?", ("top",)), ("x/", ("top",)), ("..", ())):
        before, now = lived(nights)
        assert compare(before, now).left == left
    silent = report(2, requirement("top", outcome="unexercised"))
    assert compare(covered, silent).left == ()
    assert compare(None, silent, [history.record(covered)]).left == ()


def test_a_fault_is_compared_within_its_profile(tmp_path: Path) -> None:
    full = [report(day, requirement("top", A), profile="full") for day in (1, 3, 5)]
    quick = [report(day, requirement("top")) for day in (2, 4)]
    for each in (*full, *quick):
        history.append(tmp_path, each)
    past = history.read(tmp_path)
    assert became(compare(None, full[-1], past)) == {A: "still"}
    assert became(compare(quick[-1], full[-1], past)) == {A: "still"}
    assert became(compare(None, quick[-1], past)) == {}
    assert became(compare(full[0], quick[0], past)) == {A: "unknown"}
    assert became(compare(report(1, requirement("top", A)), report(2, requirement("top"), profile="full"))) == {
        A: "fixed"
    }


def test_reports_in_the_wrong_order_are_named_and_tell_no_relapse() -> None:
    earlier, later = lived("x.")
    comparison = compare(later, earlier)
    assert [change.note for change in comparison.new] == [""]
    assert comparison.notes[0] == "The old report is of a later run than the new one: give the older one first."


def test_a_record_of_the_first_form_is_read_and_one_of_a_later_form_is_passed_over(tmp_path: Path) -> None:
    first: dict[str, Any] = {
        "started": "2026-11-01T03:17:00Z",
        "target": TARGET,
        "exit_code": 1,
        "outcomes": {"top": "violated"},
        "findings": {"top": [A]},
    }
    (tmp_path / "1.json").write_text(json.dumps(first), encoding="utf-8")
    (tmp_path / "2.json").write_text(json.dumps({**first, "version": 3}), encoding="utf-8")
    (tmp_path / "3.json").write_text(json.dumps({**first, "version": 2, "mood": "good"}), encoding="utf-8")
    records = history.read(tmp_path)
    assert records == [history.Record(**first)] * 2
    assert became(compare(None, lived("x.")[1], records[:1])) == {A: "fixed"}


def test_a_run_without_an_end_turns_no_verdict_to_the_better() -> None:
    comparison = compare(report(1, requirement("top", A)), report(2, requirement("top"), partial=True))
    assert comparison.verdicts == ()


def test_verdicts_that_changed_alike_are_one_line() -> None:
    names = [f"r{number}" for number in range(33)]
    old, new = (
        report(day, *(requirement(name, outcome=outcome) for name in names))
        for day, outcome in ((1, "holds"), (2, "unexercised"))
    )
    comparison = compare(old, new)
    assert as_text(comparison).count("verdict") == 1 + 1
    assert f"verdict  holds, now unexercised (33): {', '.join(names)}" in as_text(comparison)
    assert as_markdown(comparison).count("| unexercised | 33 | `r0`, `r1`, ") == 1


def test_an_accepted_fault_is_not_new_until_its_deviation_ends() -> None:
    clean = report(1, requirement("top"))
    covered = report(2, requirement("top", A, outcome="deviates", deviation=accepted("in force")))
    ended = report(3, requirement("top", A, deviation=accepted("expired")))
    assert became(compare(clean, covered)) == {A: "accepted"}
    assert became(compare(covered, ended)) == {A: "new"}
    assert compare(covered, ended).new[0].note == "its deviation has ended"
    assert compare(None, ended, [history.record(covered)]).new[0].note == "its deviation has ended"


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


def test_a_servers_words_stay_on_their_line_and_steer_no_terminal() -> None:
    hostile = report(2, requirement("top", A))
    hostile["requirements"][0]["findings"][0] |= {"message": "one\n::error::two \x1b[31m"}
    text = as_text(compare(None, hostile))
    assert "one ::error::two �[31m" in text
    assert "\x1b" not in as_markdown(compare(None, hostile))


def test_a_servers_words_are_not_read_as_markdown() -> None:
    hostile = report(2, requirement("top", A))
    hostile["requirements"][0]["findings"][0] |= {"message": "``` @admin\n# <b>`x`", "curl": "curl '```'"}
    markdown = as_markdown(compare(None, hostile))
    assert "**MUST `top`** ```` ``` @admin # <b>`x` ````" in markdown
    assert "\n  ````sh\n  curl '```'\n  ````" in markdown


def test_a_history_that_is_not_there_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["compare", "--history", str(tmp_path / "none"), str(written(tmp_path))])
    assert stop.value.code == 2
    assert f"There is no folder {tmp_path / 'none'}: give the one" in capsys.readouterr().err


def test_a_reader_who_has_had_enough_gets_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    call = [sys.executable, "-m", "conformance.command", "compare", str(written(tmp_path))]
    with open(writing, "wb") as closed:  # noqa: PTH123  it is no path
        done = subprocess.run(call, stdout=closed, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def written(folder: Path) -> Path:
    """A report in a file."""
    return write(folder, sample())
