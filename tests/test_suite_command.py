"""The command: what it says of wrong use and of servers that cannot be judged, and the exit code of each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from failing_server import Answer, before
from suite import ROOT, TOKEN, command, judge, spared, wait_until

from conformance import options, spec
from conformance.command import main
from conformance.mock import SCRATCH_IMODEL, Settings, serve

PYTEST = Path(sys.executable).with_name("pytest")
HOST = "127.0.0.1"


def from_a_shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN, "COLUMNS": "100"}
    call = [str(PYTEST), "conformance", *arguments]
    return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--no-such-option",), "--no-such-option"),
        (("--seed", "x"), "--seed 'x' is not a whole number"),
        (("--seed",), "--seed needs a value"),
        (("--requirement", "no-such"), "--requirement 'no-such' is unknown"),
        (("--requirement",), "--requirement needs a value"),
        (("--requirement", "auth-scope"), "cannot be judged from outside"),
        (("--profile", "slow"), "quick or full"),
        (("--fail-on", "may"), "must or should"),
        (("--rate", "0"), "--rate '0'"),
        (("--max-requests", "-1"), "--max-requests '-1'"),
        (("--url", "api.bentley.com"), "not the root of a server"),
        (("--url", "http://host:99999"), "not the root of a server"),
        (("--url", "http://user:pass@host/"), "without user"),
        (("--url",), "--url needs a value"),
        (("--allow-writes", "--url", "http://127.0.0.1:9"), "--allow-writes needs --scratch-imodel ID"),
        (("--scratch-imodel", "x"), "--scratch-imodel 'x' is not the id of an iModel"),
        (("--scratch-imodel", SCRATCH_IMODEL), "--scratch-imodel does nothing without --allow-writes"),
        (("--allow-writes", "-n", "2"), "leave out -n"),
        (("-k", "no such probe"), "no such probe"),
    ],
)
def test_wrong_use_gets_one_sentence_and_code_2(arguments: tuple[str, ...], says: str) -> None:
    said = command(*arguments)
    assert said.code == 2, said.output
    assert says in said.output
    assert len(said.output.strip().splitlines()) == 1


@pytest.mark.parametrize("flag", ["--report-dir", "--history"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_anything_is_sent(flag: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with serve(Settings(token=TOKEN)) as url, before(url, lambda _: None) as front:
        said = judge(front.url, flag, str(tmp_path / "file" / "folder"))
    assert said.code == 2, said.output
    assert front.moments == []
    assert said.output.strip().endswith(f"let {flag} name a folder that can.")
    assert len(said.output.strip().splitlines()) == 1


def test_wrong_use_from_a_shell_speaks_on_stderr() -> None:
    done = from_a_shell("--no-such-option")
    assert done.returncode == 2
    assert done.stdout.strip() == ""
    assert done.stderr.strip() == "There is no option --no-such-option: --help lists those that there are."


def test_the_version_is_that_of_the_spec_and_not_of_an_older_installation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(spec.document()["info"], "version", "9.8.7")
    with serve(Settings(token=TOKEN)) as url:
        said = judge(url, "--max-requests", "10")
    assert "mesh-export-conformance 9.8.7: " in said.output
    assert said.report["versions"]["suite"] == "9.8.7"
    main(["--version"])
    assert capsys.readouterr().out == "mesh-export-conformance 9.8.7\n"


def test_a_choice_that_leaves_no_probe_is_wrong_use() -> None:
    assert command("-k", "nothing_of_this_name").code == 2


def test_an_unreachable_server_gets_one_sentence_and_code_3() -> None:
    said = judge(f"http://{HOST}:{closed_port()}")
    assert said.code == 3
    assert "No answer from" in said.output
    assert "Traceback" not in said.output


def test_a_refused_token_gets_one_sentence_and_code_3() -> None:
    with serve(Settings(token="another-token-0123456789")) as url:
        said = judge(url)
    assert said.code == 3
    assert "refuses the token" in said.output
    assert not said.report


def test_a_path_that_is_not_there_gets_one_sentence_and_code_3() -> None:
    with serve(Settings(token=TOKEN)) as url:
        said = judge(f"{url}/typo")
    assert said.code == 3
    assert "is not there (404)" in said.output


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>Welcome</html>"), (200, b"{}"), (500, b""), (302, b""), (403, b"no")]
)
def test_another_server_does_not_conform(status: int, body: bytes) -> None:
    answer = Answer(status, body, (("Content-Type", "text/html"),))
    with before("nowhere", lambda _: answer) as front:
        said = judge(front.url, "--max-requests", "120")
    assert said.code == 1, said.output
    assert "Traceback" not in said.output


def test_a_budget_that_is_spent_at_once_is_no_verdict() -> None:
    with serve(Settings(token=TOKEN)) as url:
        said = judge(url, "--max-requests", "4")
    assert said.code == 4
    assert "Stopped early" in said.output


def _seen_so_far(folder: Path) -> bool | None:
    """Whether the report that a run saves on its way has a violation; None before there is one."""
    path = folder / "report.json"
    if not path.exists():
        return None
    outcomes = {entry["outcome"] for entry in json.loads(path.read_text(encoding="utf-8"))["requirements"]}
    return "violated" in outcomes


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("fault", "code"), [(None, 5), ("auth-optional", 1)])
def test_an_interrupted_run_reports_what_was_seen(kind: int, fault: str | None, code: int, tmp_path: Path) -> None:
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    with serve(Settings(token=TOKEN, fault=fault)) as url:
        call = [str(PYTEST), "conformance", "--url", url, "--rate", "15", "--report-dir", str(tmp_path)]
        call += ["-k", "credentials", "--seed", "1", *spared(("-k", "credentials"))]
        run = subprocess.Popen(call, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        wait_until(lambda: _seen_so_far(tmp_path) == (fault is not None), run)
        run.send_signal(kind)
        output, _ = run.communicate(timeout=60)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert run.returncode == code, output
    assert "Interrupted: this is what was seen so far." in report["notes"]
    assert "Traceback" not in output


def test_a_violated_should_counts_with_fail_on_should_alone() -> None:
    with serve(Settings(token=TOKEN, fault="unknown-parameter-refused")) as url:
        assert judge(url, "--requirement", "unknown-parameter-ignored").code == 0
        assert judge(url, "--requirement", "unknown-parameter-ignored", "--fail-on", "should").code == 1


def test_requirements_are_listed() -> None:
    said = command("--list-requirements")
    assert said.code == 0
    assert "MUST   top-maximum" in said.output


def test_help_names_every_option_and_its_default() -> None:
    text = " ".join(from_a_shell("--help").stdout.split())
    for option in options.OPTIONS:
        assert option.flag in text
        assert option.help in text


def test_the_table_of_the_readme_has_every_option() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for option in options.OPTIONS:
        name = f"{option.flag} {option.metavar}" if option.metavar else option.flag
        assert f"| `{name}` | {option.help} | {option.default} |" in readme


def test_the_readme_names_the_scratch_imodel_of_the_mock() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"`{SCRATCH_IMODEL}` for\n`--scratch-imodel`" in readme


def test_a_scratch_imodel_that_the_team_names_waits_for_the_runs_that_may_write() -> None:
    variable = {"MESH_EXPORT_CONFORMANCE_SCRATCH_IMODEL": SCRATCH_IMODEL}
    assert judge(f"http://{HOST}:{closed_port()}", **variable).code == 3


def test_the_report_says_what_the_terminal_says() -> None:
    with serve(Settings(token=TOKEN, fault="skip-ignored")) as url:
        said = judge(url, "--seed", "5", "-k", "selections")
    assert said.report["verdict"] in " ".join(said.output.split())
    violated = next(entry for entry in said.report["requirements"] if entry["outcome"] == "violated")
    finding = violated["findings"][0]
    assert finding["curl"].replace(url, "") in " ".join(said.output.split()).replace(url, "")
    assert "$MESH_EXPORT_TOKEN" in finding["curl"]
    assert TOKEN not in json.dumps(said.report) + said.output
