"""A listed violation is shown and does not fail the run; an expired, a stale and a new one are told apart from it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve
from suite import TOKEN, Said, command, judge

from conformance import deviations, ledger, report
from conformance.deviations import Deviation, DeviationError
from conformance.exchange import Exchange, Request
from conformance.fingerprint import fingerprint
from conformance.ledger import Level
from conformance.mock import Settings, serve
from conformance.verdict import ExitCode, Finding, Judgement, Outcome, Symptom, Tally

TODAY = date(2026, 11, 24)
KNOWN = Finding(Exchange(1, Request(query="$top=1001"), "probe", status=200), "accepted with 200", "check")
NEW = Finding(Exchange(2, Request(query="$skip=1&$top=1001"), "probe", status=500), "accepted with 500", "check")
ENTRY = Deviation(
    "top-maximum", "until the next release", "Ada", TODAY, fingerprint=fingerprint("top-maximum", "check", KNOWN.cause)
)


def judgement(*findings: Finding, entries: tuple[Deviation, ...] = (ENTRY,), today: date = TODAY) -> Judgement:
    tally = Tally(held=1)
    for finding in findings:
        tally.add(evolve(finding, symptoms=[]))
    every = ledger.requirements()
    return Judgement({"top-maximum": tally}, every, True, Level.MUST, entries, today)


def test_a_listed_violation_deviates_until_its_last_day_is_over() -> None:
    assert judgement(KNOWN).outcome("top-maximum") is Outcome.DEVIATES
    assert judgement(KNOWN).exit_code is ExitCode.CONFORMS
    later = judgement(KNOWN, today=TODAY + timedelta(days=1))
    assert later.outcome("top-maximum") is Outcome.VIOLATED
    assert later.exit_code is ExitCode.DOES_NOT_CONFORM


def test_another_fault_of_the_same_requirement_is_not_hidden() -> None:
    for findings in ((NEW,), (KNOWN, NEW), (NEW, KNOWN)):
        assert judgement(*findings).exit_code is ExitCode.DOES_NOT_CONFORM


@pytest.mark.parametrize(
    ("condition", "covers"),
    [
        ({"status": 200}, (True, False)),
        ({"parameters": ["$top"]}, (True, False)),
        ({"parameters": ["$top", "$skip"]}, (False, True)),
        ({"headers": [], "method": "GET", "check": "check"}, (True, True)),
        ({"message": "with [25]00"}, (True, True)),
        ({"message": "200", "status": 500}, (False, False)),
    ],
)
def test_a_condition_holds_of_a_finding_as_a_whole(condition: dict[str, Any], covers: tuple[bool, bool]) -> None:
    entry = evolve(ENTRY, fingerprint=None, condition=condition)
    assert tuple(entry.covers("top-maximum", finding) for finding in (KNOWN, NEW)) == covers
    assert not entry.covers("top-number", KNOWN)


def test_a_condition_on_the_message_holds_of_every_exchange_that_shows_the_fault() -> None:
    entry = evolve(ENTRY, fingerprint=None, condition={"message": "200"})
    another = evolve(KNOWN, symptoms=[Symptom(NEW.exchange, "something else")])
    assert entry.covers("top-maximum", KNOWN)
    assert not entry.covers("top-maximum", another)


def test_names_of_parameters_are_not_known_of_a_request_that_was_not_reduced() -> None:
    entry = evolve(ENTRY, fingerprint=None, condition={"parameters": []})
    assert not entry.covers("top-maximum", evolve(KNOWN, reduced=False, symptoms=[]))


def write(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump({"deviations": list(entries)}), encoding="utf-8")
    return path


def entry(**more: Any) -> dict[str, Any]:
    return {
        "requirement": "top-maximum",
        "condition": {"status": 200, "parameters": ["$top"]},
        "reason": "until the next release",
        "owner": "Ada",
        "expires": datetime.now(UTC).date() + timedelta(days=9),
        **more,
    }


def judged(path: Path, fault: str | None, *options: str) -> Said:
    narrow = ("--seed", "1", "-k", "test_an_invalid_value", "--deviations", str(path))
    with serve(Settings(token=TOKEN, fault=fault)) as url:
        return judge(url, *narrow, *(options or ("--requirement", "top-maximum", "--requirement", "top-number")))


def test_a_run_shows_what_it_accepts_and_conforms(tmp_path: Path) -> None:
    link = "https://tracker.example/7"
    said = judged(write(tmp_path / "deviations.yaml", entry(link=link)), "top-1001-accepted")
    report.validate(said.report)
    assert said.code == 0, said.output
    assert said.with_outcome("deviates") == {"top-maximum"}
    assert said.report["counts"]["deviates"] == 1
    assert said.report["deviations"][0]["state"] == "in force"
    finding = next(each for each in said.report["requirements"] if each["id"] == "top-maximum")["findings"][0]
    assert finding["deviation"]["owner"] == "Ada"
    words = " ".join(said.output.split())
    assert "MUST top-maximum deviates" in words
    assert f"by Ada: until the next release {link}" in words


@pytest.mark.parametrize(("fault", "told"), [("top-1001-accepted", False), ("top-maximum-unchecked", True)])
def test_an_entry_that_tells_what_came_says_when_it_covers_something_else(
    fault: str, told: bool, tmp_path: Path
) -> None:
    came = "status 200 for $top='1001', where 422 is due"
    said = judged(write(tmp_path / "deviations.yaml", entry(message=came)), fault)
    report.validate(said.report)
    assert said.code == 0, said.output
    assert ("see whether it is one fault." in " ".join(said.output.split())) is told
    assert said.report["deviations"][0]["message"] == came


def test_a_condition_on_the_message_does_not_hide_other_values(tmp_path: Path) -> None:
    path = write(tmp_path / "deviations.yaml", entry(condition={"message": "\\$top='1001'", "parameters": ["$top"]}))
    assert judged(path, "top-1001-accepted").code == 0
    assert judged(path, "top-maximum-unchecked").code == 1


def test_an_expired_entry_fails_the_run_and_says_so(tmp_path: Path) -> None:
    said = judged(write(tmp_path / "deviations.yaml", entry(expires="2026-01-31")), "top-1001-accepted")
    assert said.code == 1
    assert said.report["deviations"][0]["state"] == "expired"
    assert "(Ada, until 2026-01-31) has expired: its violation counts again." in " ".join(said.output.split())


def test_an_entry_that_no_longer_matches_is_stale_and_no_failure(tmp_path: Path) -> None:
    unasked = entry(requirement="links-next-page")
    said = judged(write(tmp_path / "deviations.yaml", entry(), unasked), None)
    assert said.code == 0
    assert [each["state"] for each in said.report["deviations"]] == ["stale", "not judged"]
    words = " ".join(said.output.split())
    assert "The deviation of top-maximum [parameters ($top), status 200] (Ada, until" in words
    assert "links-next-page" not in said.output


def test_an_entry_of_a_requirement_that_was_not_exercised_is_not_stale(tmp_path: Path) -> None:
    path = write(tmp_path / "deviations.yaml", entry(requirement="rate-limit-code"))
    said = judged(path, None, "--requirement", "rate-limit-code", "-k", "test_a_limit")
    assert said.report["deviations"][0]["state"] == "not judged"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("deviations: [", "are not YAML"),
        ("", "it must hold a list named deviations"),
        ("deviations: {}", "it must hold a list named deviations"),
        ("[]", "it must hold a list named deviations"),
        (json.dumps({"deviations": [{**entry(expires="2026-12-01"), "requirement": "top-maxmum"}]}), "did you mean"),
        (json.dumps({"deviations": [entry(expires="2026-12-01", requirement="auth-scope")]}), "nobody outside"),
        (json.dumps({"deviations": [entry(expires="soon")]}), "(top-maximum), expires, must be a day, as"),
        (json.dumps({"deviations": [entry(expires="2026-12-01", link="here")]}), "(top-maximum), link, must be a URL"),
        (json.dumps({"deviations": [entry(expires="2026-12-01", reason="")]}), "deviation 1 (top-maximum), reason"),
        (
            json.dumps({"deviations": [entry(expires="2026-12-01", until="x")]}),
            "(top-maximum) has 'until', which no deviation has",
        ),
        (
            json.dumps({"deviations": [entry(expires="2026-12-01", reson="x")]}),
            "no deviation has: did you mean reason",
        ),
        (json.dumps({"deviations": [entry(expires="2026-12-01", condition={"x": 1})]}), "'x', which no condition has"),
        (json.dumps({"deviations": [entry(expires="2026-12-01", condition={})]}), "condition, must be a mapping that"),
        (json.dumps({"deviations": ["x"]}), "deviation 1 must be a mapping with requirement, reason, owner"),
        (
            json.dumps({"deviations": [entry(expires="2026-12-01", condition={"status": 200})]}),
            "accepts every fault of its requirement with that status: give the fingerprint, or parameters, headers,",
        ),
        (
            json.dumps({"deviations": [{"requirement": "top-maximum"}]}),
            "(top-maximum) lacks reason and owner and expires.",
        ),
        (json.dumps({"deviations": [entry(expires="2026-12-01", fingerprint="0" * 12)]}), "either a fingerprint or"),
        (json.dumps({"deviations": [entry(expires="2026-12-01", condition={"message": "("})]}), "condition/message"),
        (json.dumps({"deviations": [entry(expires="2026-12-01")] * 2}), "deviation 2 (top-maximum) is there twice"),
        ("deviations: [{expires: 2026-13-45}]", "have a date that is none"),
    ],
)
def test_a_file_that_is_wrong_gets_one_sentence(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "deviations.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeviationError) as error:
        deviations.load(path)
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_command_refuses_a_file_that_is_wrong(tmp_path: Path) -> None:
    said = command("--deviations", str(tmp_path / "none.yaml"))
    assert said.code == 2
    assert said.output.strip() == f"The deviations {tmp_path / 'none.yaml'} cannot be read: No such file or directory."
