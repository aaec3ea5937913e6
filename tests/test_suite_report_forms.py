"""The forms of a report beside its JSON: what they say, and that a hostile server's words stay words in each."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from report_samples import HOSTILE, URL, conforming, exchange, findings, past, sample
from rich.console import Console

from conformance import ledger, report
from conformance.deviations import Deviation
from conformance.exchange import NO_CREDENTIAL, Credential, CredentialKind, Request
from conformance.fingerprint import cause
from conformance.latency import Latencies
from conformance.report.github import annotations_of
from conformance.report.html import html
from conformance.report.junit import junit
from conformance.report.markdown import markdown
from conformance.report.shown import fixed
from conformance.verdict import Finding, Tally

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]")
SECTIONS = {requirement.section for requirement in ledger.requirements().values()}


def fingerprint(of: dict[str, object], name: str, place: int = 0) -> str:
    entry = next(each for each in of["requirements"] if each["id"] == name)  # type: ignore[attr-defined]
    text: str = entry["findings"][place]["fingerprint"]
    return text


def test_every_sample_is_valid_by_the_schema() -> None:
    for each in (sample(), conforming(), sample(partial=True), sample(past=past(conforming(), sample()))):
        report.validate(each)


@pytest.mark.parametrize(
    "reason", ["Stopped early: gone.", "Interrupted: so far.", "Written while the run went on: x."]
)
def test_a_partial_report_begins_with_the_reason(reason: str) -> None:
    partial = {**sample(partial=True), "notes": ["Another note.", reason]}
    head, _, rest = html(partial).partition('<ul class="tiles">')
    assert reason in head
    assert "Another note." not in head
    assert reason in rest
    assert reason in markdown(partial).partition("###")[0]
    assert reason not in html({**partial, "partial": False}).partition('<ul class="tiles">')[0]


def test_what_is_new_and_what_is_fixed_is_told_from_the_last_run_that_judged_it() -> None:
    before = sample()
    first, second = past(before, conforming())
    known = sample(past=(first,))
    assert {finding["new"] for entry in known["requirements"] for finding in entry["findings"]} == {False}
    new = sample(past=(first, second))
    assert {finding["new"] for entry in new["requirements"] for finding in entry["findings"]} == {True}
    mended = conforming()
    text = markdown({**mended, "past": known["past"], "requirements": [
        {**entry, "past": [first.outcomes.get(entry["id"])]} for entry in mended["requirements"]
    ]})  # fmt: skip
    assert "0 new, 0 known, fixed:" in text
    assert "`auth-required`" in text


def test_a_fault_that_comes_and_goes_is_flaky_in_every_form() -> None:
    flaky = sample(past=past(sample(), conforming(), sample(), conforming()))
    report.validate(flaky)
    findings = [finding for entry in flaky["requirements"] for finding in entry["findings"]]
    assert {(finding["new"], finding["flaky"]) for finding in findings} == {(False, True)}
    assert f"0 new, {len(findings)} flaky, 0 known" in markdown(flaky)
    text = html(flaky)
    assert f"{len(findings)} flaky: there again, as often before" in text
    assert text.count('<span class="chip">flaky</span>') == len(findings)
    assert '<span class="chip new">' not in text


def test_a_run_that_did_not_come_to_its_end_mends_nothing() -> None:
    before = past(sample())
    assert fixed(conforming(past=before))
    begun = conforming(past=before, partial=True)
    assert fixed(begun) == []
    earlier, partial = past(sample(), begun)
    again = sample(past=(earlier, partial))
    assert {finding["new"] for entry in again["requirements"] for finding in entry["findings"]} == {False}


def test_runs_before_are_those_against_the_same_server_that_began_earlier(tmp_path: Path) -> None:
    now = datetime(2026, 7, 1, 3, 17, tzinfo=UTC)
    for number, (target, started) in enumerate(
        [
            (URL, "2026-06-30T03:17:00.000Z"),
            (URL, "2026-06-29T03:17:00.000Z"),
            ("http://other.example", "2026-06-30T03:17:00.000Z"),
            (URL, "2026-07-01T03:17:00.000Z"),
        ]
    ):
        report.write(tmp_path / str(number), {**conforming(), "target": target, "started": started})
    wider = {**conforming(), "profile": "full", "started": "2026-06-28T03:17:00.000Z"}
    report.write(tmp_path / "full", wider)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "report.json").write_text("{", encoding="utf-8")
    runs = report.in_folders(tmp_path, URL, "quick", now)
    assert [run.started[:10] for run in runs] == ["2026-06-29", "2026-06-30"]


def test_junit_has_a_case_for_each_requirement_under_its_section() -> None:
    root = ET.fromstring(junit(sample()))  # noqa: S314  our own text
    cases = root.findall(".//testcase")
    assert [case.get("name") for case in cases] == list(ledger.requirements())
    assert {case.get("classname") for case in cases} == SECTIONS
    by_name = {case.get("name"): case for case in cases}
    assert by_name["auth-required"].find("failure") is not None
    assert by_name["unknown-parameter-ignored"].find("skipped") is not None
    assert by_name["retry-after-kept"].find("skipped") is not None
    assert by_name["auth-scope"].find("skipped") is not None
    assert root.get("failures") == "3"
    assert root.get("tests") == str(len(cases))


def test_junit_of_a_run_that_broke_off_has_errors_for_what_was_not_judged() -> None:
    root = ET.fromstring(junit(sample(partial=True)))  # noqa: S314
    case = next(each for each in root.iter("testcase") if each.get("name") == "retry-after-kept")
    assert case.find("error") is not None
    unchecked = next(each for each in root.iter("testcase") if each.get("name") == "auth-scope")
    assert unchecked.find("skipped") is not None


def test_the_summary_says_the_verdict_first_and_stays_markdown_of_ours() -> None:
    text = markdown(sample())
    assert text.splitlines()[2].startswith("**Does not conform: ")
    assert text.count("### `status-no-server-error` (MUST)") == 1
    assert "curl -sS" in text
    outside, fence = [], ""
    for line in text.splitlines():
        marks = re.match("`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif marks:
            fence = marks[0]
        else:
            outside.append(re.sub(r"(`+)(?:(?!\1).)+\1", "", line))
    assert not fence
    assert "<script>" not in "\n".join(outside)


def test_github_gets_annotations_only_there_and_each_on_one_line() -> None:
    lines = annotations_of(sample())
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 3 + ["::warning"]
    assert all("\n" not in line for line in lines)
    assert "::error title=MUST auth-required is violated::200 without Authorization" in lines
    out = io.StringIO()
    report.tell_github(sample(), Console(file=out), {})
    assert not out.getvalue()


def test_github_gets_the_summary_in_its_file(tmp_path: Path) -> None:
    out = io.StringIO()
    summary = tmp_path / "summary"
    summary.write_text("Before.\n", encoding="utf-8")
    given = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    report.tell_github(sample(), Console(file=out, width=80), given)
    assert len(out.getvalue().splitlines()) == 4
    assert summary.read_text(encoding="utf-8").startswith("Before.\n## `http://server.example`")


def test_a_servers_words_begin_no_line_in_the_terminal() -> None:
    found = sample()
    entry = next(each for each in found["requirements"] if each["id"] == "auth-required")
    entry["findings"][0]["message"] = "one\n::stop-commands::x\n  ::error::y"
    entry["findings"][0]["response"]["body"] = "one\n::stop-commands::x"
    out = io.StringIO()
    report.print_verdict(Console(file=out, width=100), found)
    assert "::stop-commands::x" in out.getvalue()
    assert not any(line.lstrip().startswith("::") for line in out.getvalue().splitlines())
    assert not CONTROL.search(out.getvalue())


class Reader(HTMLParser):
    """The tags of a page, and the text outside of script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_servers_words_are_no_markup_in_the_page() -> None:
    text = html(sample(past=past(conforming(), sample())))
    reader = Reader(text)
    names = [tag for tag, _ in reader.tags]
    assert names.count("script") == 1
    assert names.count("style") == 1
    assert not {"img", "iframe", "object", "embed", "link", "form", "base"} & set(names)
    attributes = {name for _, given in reader.tags for name in given}
    assert not {name for name in attributes if name.startswith("on")} | ({"style", "src"} & attributes)
    assert all((given["href"] or "").startswith("#") for _, given in reader.tags if "href" in given)
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|49", text)[:1]
    assert not CONTROL.search(text)


def test_the_pages_ids_are_there_once_and_its_links_lead_somewhere() -> None:
    tags = Reader(html(sample(past=past(conforming())))).tags
    ids = [given["id"] for _, given in tags if "id" in given]
    assert len(ids) == len(set(ids))
    wanted = {(given["href"] or "#")[1:] for tag, given in tags if tag == "a"}
    wanted |= {given["data-copy"] for _, given in tags if given.get("data-copy")}  # type: ignore[misc]
    wanted |= {given["aria-labelledby"] for _, given in tags if given.get("aria-labelledby")}  # type: ignore[misc]
    assert wanted <= set(ids)


def test_the_page_has_the_wire_facts_of_the_spec_beside_what_came() -> None:
    text = html(sample())
    assert "maximum" in text
    assert "&#34;code&#34;: &#34;HeaderNotFound&#34;" in text
    assert text.index("Does not conform") < text.index("Findings") < text.index("Latencies")


@pytest.mark.parametrize("make", [junit, markdown, html])
def test_no_form_holds_what_a_terminal_or_a_parser_stumbles_over(make: object) -> None:
    assert callable(make)
    assert not CONTROL.search(make(sample()))
    assert HOSTILE not in make(sample())


def test_a_deviation_is_shown_and_does_not_count() -> None:
    name = fingerprint(sample(), "auth-required")
    entry = Deviation("auth-required", "<b>the gateway</b> is being replaced", "team", date(2026, 12, 31), name)
    accepted = sample(deviations=(entry,))
    report.validate(accepted)
    case = next(each for each in ET.fromstring(junit(accepted)).iter("testcase") if each.get("name") == "auth-required")  # noqa: S314
    assert case.find("skipped") is not None
    assert "Known deviation, accepted until 2026-12-31 by team: " in markdown(accepted)
    page = html(accepted)
    assert "&lt;b&gt;the gateway&lt;/b&gt;" in page
    (told,) = (line for line in annotations_of(accepted) if "auth-required" in line)
    assert told == "::notice title=MUST auth-required deviates until 2026-12-31::200 without Authorization"


def test_a_fault_takes_in_what_it_explains_and_leaves_out_what_it_does_not() -> None:
    tally, other = Tally(), Tally()
    (_, hostile), (_, crash) = findings()[1:3]
    tally.add(hostile)
    more = findings()[1][1]
    tally.add(more)
    assert (tally.broken, len(tally.findings), tally.findings[0].count) == (2, 1, 2)
    tally.add(crash)
    assert len(tally.findings) == 2
    other.add(crash)
    assert cause(crash.exchange).headers == ("prefer",)
    assert cause(crash.exchange, reduced=False).headers == ()
    assert not cause(crash.exchange).within(cause(hostile.exchange))


def test_the_order_in_which_exchanges_come_does_not_matter_to_what_is_one_fault() -> None:
    requests: list[dict[str, Any]] = [
        {"credential": Credential(CredentialKind.WRONG, "Bearer x"), "path": "/mesh-export"},
        {"credential": NO_CREDENTIAL, "query": "$top=5"},
        {"credential": NO_CREDENTIAL},
        {"credential": Credential(CredentialKind.MALFORMED, "x")},
    ]
    tallies = [Tally() for _ in range(3)]
    for number, request in enumerate(requests):
        tallies[0].add(Finding(exchange(number, 401, **request), "no JSON", "json_body"))
    for number, request in enumerate(reversed(requests)):
        tallies[1].add(Finding(exchange(number, 401, **request), "no JSON", "json_body"))
    tallies[2].add(Finding(exchange(9, 401, credential=NO_CREDENTIAL, query="$skip=1"), "no JSON", "json_body"))
    tallies[2].merge(tallies[0])
    for tally in tallies:
        assert len(tally.findings) == 1
        assert tally.findings[0].count == tally.broken
        assert tally.findings[0].exchange.request == Request(credential=NO_CREDENTIAL)


def test_latencies_stay_small_and_their_percentiles_near() -> None:
    latencies = Latencies()
    answer = exchange(1)
    for number in range(1, 10_001):
        answer.elapsed = number / 1000
        latencies.add(answer)
    assert len(latencies.histogram("2xx")) < 50
    assert sum(count for _, count in latencies.histogram("2xx")) == 10_000
    for share in (0.5, 0.9, 0.99):
        assert share * 10_000 <= latencies.percentile("2xx", share) <= share * 10_000 * 1.26
