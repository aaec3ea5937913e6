"""`-n N` spreads a run over processes: one server, one budget, one verdict, and the exit codes of any other run."""

from __future__ import annotations

import json
import re
from multiprocessing import get_context
from pathlib import Path

import pytest
from suite import TOKEN, command, judge
from test_suite_command import HOST, closed_port

from conformance.account import Account, BudgetSpentError
from conformance.exchange import Exchange, Request
from conformance.merging import Seen, merge
from conformance.mock import Settings, serve
from conformance.verdict import Finding, Tally


def take_all(path: Path, most: int) -> list[int]:
    account = Account(path)
    numbers = []
    try:
        while True:
            numbers.append(account.take(most, None)[0])
    except BudgetSpentError:
        return numbers
    finally:
        account.close()


def test_processes_that_share_an_account_spend_a_budget_once(tmp_path: Path) -> None:
    path = tmp_path / "account"
    with get_context("spawn").Pool(2) as pool:
        taken = pool.starmap(take_all, [(path, 400)] * 4)
    assert sorted(number for numbers in taken for number in numbers) == list(range(1, 401))


def test_what_two_processes_saw_is_counted_together() -> None:
    small, large = (Finding(Exchange(1, Request(query=query), "probe"), "m") for query in ("a", "a=1&b=2"))
    one = Seen({"x": Tally(held=3, broken=1, findings=[large]), "y": Tally(held=1)}, saw_exports=True)
    other = Seen({"x": Tally(held=4, broken=1, findings=[small]), "y": Tally(doubt="why")}, spent="all is sent")
    whole = merge([one, other])
    assert (whole.tallies["x"].held, whole.tallies["x"].broken) == (7, 2)
    (finding,) = whole.tallies["x"].findings
    assert (finding.exchange, finding.count) == (small.exchange, 2)
    assert [each.exchange for each in finding.symptoms] == [large.exchange]
    assert whole.tallies["y"].doubt == "why"
    assert (whole.saw_exports, whole.spent, whole.no_api) == (True, "all is sent", "")


def test_findings_that_were_told_before_are_kept_and_not_told_again() -> None:
    told: dict[str, int] = {}
    finding = Finding(Exchange(1, Request(), "probe"), "m")
    seen = Seen({"x": Tally(held=1, broken=1, findings=[finding])})
    first, second = seen.without_told(told), seen.without_told(told)
    assert second.tallies["x"].findings == []
    assert first.updated(second).tallies["x"].findings == [finding]


@pytest.mark.parametrize(
    "arguments", [("-n", "x"), ("-n", "-2"), ("-n",), ("-n", "2", "--dist", "each"), ("-n", "2", "-k", "no_such_probe")]
)
def test_wrong_use_of_processes_gets_one_sentence_and_code_2(arguments: tuple[str, ...]) -> None:
    said = command(*arguments)
    assert said.code == 2, said.output
    assert len(said.output.strip().splitlines()) == 1


def test_an_unreachable_server_is_said_once_to_all_processes() -> None:
    said = judge(f"http://{HOST}:{closed_port()}", "-n", "2", "-k", "limits or methods")
    assert said.code == 3
    assert said.output.count("No answer from") == 1


def test_two_processes_reach_the_verdict_of_one() -> None:
    chosen = ("-k", "exports or methods or limits or parameters", "--seed", "2", "--max-requests", "300")
    with serve(Settings(token=TOKEN, fault="top-maximum-unchecked")) as url:
        alone, spread = judge(url, *chosen), judge(url, *chosen, "-n", "2")
    assert spread.with_outcome("violated") == alone.with_outcome("violated") != set()
    assert spread.code == alone.code == 1
    assert sum(spread.report["exchanges"].values()) <= 300
    assert len(re.findall("^Does not conform", spread.output, re.MULTILINE)) == 1
    assert TOKEN not in json.dumps(spread.report) + spread.output
