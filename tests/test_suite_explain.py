"""What `explain` says of a requirement is what the ledger, the checks, the probes and the mock say of it."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from suite import ROOT, command

from conformance import ledger
from conformance.checks import CHECKS
from conformance.command import main
from conformance.mock import FAULTS


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", ["top-maximum", "mesh-link-form", "names-percent-encoded"])
def test_a_requirement_is_explained_by_what_stands_behind_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "explain", name)
    requirement = ledger.requirements()[name]
    assert text.startswith(f"{requirement.level} {name} promised {requirement.statement}")
    assert requirement.source is None or f"inferred from {requirement.source}" in text
    assert all(pointer in text for pointer in requirement.carried_by)
    for each in CHECKS.values():
        assert (f" {each.name}: {(each.function.__doc__ or '')[:20]}" in text) == (name in each.requirements)
    assert "sent test_" in text
    fault = next(fault for fault in FAULTS.values() if fault.requirements[0] == name)
    assert f"{fault.name}: {fault.description}" in text
    assert f"--fault {fault.name}" in text


def test_the_probes_that_are_named_are_those_that_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "explain", "prefer-syntax")
    assert "test_headers: a preference is found however it is written" in text
    assert "slices" not in text


@pytest.mark.parametrize("name", ["list-own", "imodelid-access", "retry-after-present", "life-deleted"])
def test_the_lines_to_see_it_show_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    mock, suite = (line.removeprefix("  to see it").strip() for line in capsys.readouterr().out.splitlines()[-2:])
    program, *options = shlex.split(mock.replace("8123", "0"))
    assert program == "python"
    served = subprocess.Popen([sys.executable, *options], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert served.stdout
        url = served.stdout.readline().split()[4]
        words = shlex.split(suite.replace("http://127.0.0.1:8123", url))
        begin = words.index("mesh-export-conformance")
        variables = dict(word.split("=", 1) for word in words[:begin])
        run = command(*words[begin + 1 :], token=variables.pop("MESH_EXPORT_TOKEN"), **variables)
    finally:
        served.terminate()
        served.communicate(timeout=60)
    assert run.with_outcome("violated") == {name}, run.output


def test_what_nobody_can_check_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not judged It takes a genuine token" in said(capsys, "explain", "auth-scope")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explain", "top-maxmum"), "There is no requirement 'top-maxmum': did you mean top-maximum"),
        (("explain", "zzz"), "There is no requirement 'zzz'."),
        (("explain",), "The following arguments are required: ID."),
        (("explain", "top-maximum", "--loud"), "explain does not take --loud: explain --help says what it takes."),
        (("exlain", "top-maximum"), "There is no command 'exlain': did you mean explain"),
        (("zzz",), "There is no command 'zzz': --help lists those that there are."),
    ],
)
def test_wrong_use_gets_one_sentence_and_code_2(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    assert code == 2
    assert said.err.startswith(says)
    assert len(said.err.splitlines()) == 1
    assert not said.out


def test_help_lists_commands_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--help")
    for word in ("explain", "--url URL", "--report-dir DIR"):
        assert word in text
