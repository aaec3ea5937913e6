"""The commands in the guide to the nightly job are there, and take what it gives them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from suite import ROOT

from conformance import command, ledger
from conformance.options import OPTIONS
from conformance.verdict import Outcome

GUIDE = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
SUITE = [shlex.split(line)[1:] for line in LINES if line.startswith("mesh-export-conformance")]


@pytest.mark.parametrize("arguments", SUITE, ids=" ".join)
def test_each_command_takes_what_it_is_given(arguments: list[str]) -> None:
    parser = command._parser()
    if not arguments[0].startswith("-"):
        _, options = parser.parse_known_args(arguments)
        assert not options
    else:
        flags = {option.flag for option in OPTIONS} | {"-n"}
        assert {word for word in arguments if word.startswith("-")} <= flags
    for word in set(arguments) & {"links-next-page"}:
        assert word in ledger.requirements()


def test_make_targets_scripts_and_files_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)", GUIDE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", GUIDE):
        assert (Path(ROOT / "docs") / link).exists()


def test_every_verdict_has_its_meaning() -> None:
    table = re.findall(r"^\| ([a-z]+) \|", GUIDE, re.MULTILINE)
    assert table == [
        outcome.value
        for outcome in (
            *(Outcome.HOLDS, Outcome.VIOLATED, Outcome.DEVIATES),
            *(Outcome.INCONCLUSIVE, Outcome.UNEXERCISED),
        )
    ]
    assert set(table) == {outcome.value for outcome in Outcome}
