"""The commands in the guide to the nightly job are there, and take what it gives them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from nights import ONE_PROBE, free_port, served
from suite import ROOT, TOKEN

from conformance import command, ledger
from conformance.options import OPTIONS
from conformance.verdict import Outcome

GUIDE = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
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


def test_another_ci_runs_as_printed_night_after_night(tmp_path: Path) -> None:
    (snippet,) = (block for block in BLOCKS if block.startswith("pip install"))
    (tmp_path / "pip").write_text("#!/bin/sh\n")
    (tmp_path / "pip").chmod(0o755)
    port = free_port()
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MESH_EXPORT_TOKEN": TOKEN,
        "MESH_EXPORT_CONFORMANCE_URL": f"http://127.0.0.1:{port}",
        "MESH_EXPORT_CONFORMANCE_REQUIREMENT": "top-maximum",
        "PYTEST_ADDOPTS": ONE_PROBE,
    }

    def night() -> tuple[int, str]:
        done = subprocess.run(
            ["sh", "-e", "-c", snippet], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    for fault, code, says in (
        ("top-1001-accepted", 1, "1 new, 0 fixed."),
        ("top-1001-accepted", 1, "0 new, 0 fixed, 1 still."),
        (None, 0, "0 new, 1 fixed, verdicts changed: 1."),
        ("top-1001-accepted", 1, "1 new, 0 fixed, verdicts changed: 1."),
    ):
        with served(port, fault):
            ended, said = night()
        assert ended == code, said
        assert says in said
    ended, said = night()
    assert ended == 3
    assert "fixed" not in said


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
