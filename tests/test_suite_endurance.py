"""What a run makes of hard times: storms of errors, a revoked token, a server that dies, a full disk, a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from failing_server import Answer, before
from suite import ROOT, TOKEN, Said, bound_answers, judge, spared, wait_until
from test_suite_command import PYTEST

from conformance import patience, report, watch
from conformance.mock import Settings, serve

CHOSEN = ("--seed", "1", "-k", "selections or parameters")
FEW = Settings(token=TOKEN, size=110)
WELL = 60
STORM = Answer(503)
SILENCE = Answer(None, after=100)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_PAUSES", (0.0, 0.02, 0.02))
    monkeypatch.setattr(watch, "_REFUSAL_PAUSES", (0.0, 0.02, 0.02))


@pytest.fixture
def _short_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bound_answers(monkeypatch, 1.0)
    monkeypatch.setattr(patience, "_AFTER_A_HANG", 0.5)


def notes(said: Said) -> str:
    return " ".join(said.report["notes"])


def test_a_storm_of_errors_ends_the_run_with_one_finding() -> None:
    with serve(FEW) as url, before(url, lambda n: STORM if n > WELL else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.code == 1, said.output
    assert said.with_outcome("violated") == {"status-no-server-error"}
    assert said.report["partial"] is True
    assert "answers with errors (5xx) alone" in notes(said)
    assert len(front.moments) < WELL + 50


def test_a_storm_that_passes_slows_the_run_down_and_no_more() -> None:
    passing = range(WELL + 1, WELL + 10)
    with serve(FEW) as url, before(url, lambda n: STORM if n in passing else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.with_outcome("violated") == {"status-no-server-error"}, said.output
    assert said.report["partial"] is False
    assert len(front.moments) > 5 * WELL


def test_a_token_that_is_revoked_is_no_fault_of_the_server() -> None:
    refusal = Answer(401, b'{"error": {"code": "InvalidToken", "message": "No."}}')
    with serve(FEW) as url, before(url, lambda n: refusal if n > WELL else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.code == 5, said.output
    assert said.with_outcome("violated") == set()
    assert said.report["partial"] is True
    assert "refused now: give another one" in notes(said)
    assert len(front.moments) < WELL + 30


def test_a_server_that_dies_leaves_a_partial_report_with_one_finding() -> None:
    with serve(FEW) as url, before(url, lambda n: Answer(None) if n > WELL else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.code == 1, said.output
    assert said.report["partial"] is True
    assert said.with_outcome("violated") == {"status-no-server-error"}
    assert "the server has stopped answering" in notes(said)
    assert "holds" in {entry["outcome"] for entry in said.report["requirements"]}


@pytest.mark.usefixtures("_short_bound")
def test_a_server_that_hangs_half_way_ends_the_run_with_one_finding() -> None:
    with serve(FEW) as url, before(url, lambda n: SILENCE if n > WELL else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.code == 5, said.output
    assert said.with_outcome("violated") == {"answer-in-time"}
    assert said.report["partial"] is True
    assert "the server has stopped answering" in notes(said)
    assert len(front.moments) < WELL + 30
    assert [len(entry["findings"]) for entry in said.report["requirements"] if entry["id"] == "answer-in-time"] == [1]


@pytest.mark.usefixtures("_short_bound")
def test_a_server_that_hangs_for_a_while_is_judged_to_the_end() -> None:
    passing = range(WELL + 1, WELL + 10)
    with serve(FEW) as url, before(url, lambda n: SILENCE if n in passing else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.code == 0, said.output
    assert said.report["partial"] is False
    assert len(front.moments) > 5 * WELL


@pytest.mark.usefixtures("_short_bound")
def test_one_input_that_hangs_is_one_finding_and_stops_nothing() -> None:
    with serve(Settings(token=TOKEN, fault="hangs-on-long-value")) as url:
        said = judge(url, "--seed", "1", "-k", "parameters")
    assert said.code == 0, said.output
    assert said.with_outcome("violated") == {"answer-in-time"}
    assert said.report["partial"] is False
    assert not any("Stopped early" in note for note in said.report["notes"])


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_retry_after_is_obeyed_to_the_second(as_date: bool) -> None:
    def limit(number: int) -> Answer | None:
        if number != WELL:
            return None
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        headers = (("Content-Type", "application/json"), ("Retry-After", then if as_date else "2"))
        return Answer(429, b'{"error": {"code": "RateLimitExceeded", "message": "No."}}', headers)

    with serve(FEW) as url, before(url, limit) as front:
        said = judge(front.url, "--concurrency", "1", "--max-requests", str(WELL + 5), *CHOSEN)
    waited = front.moments[WELL] - front.moments[WELL - 1]
    assert 2.0 <= waited < 4.5, said.output
    assert said.report["budget"]["rate_limit_wait"]["used"] >= 2.0


LIMIT = Answer(
    429,
    b'{"error": {"code": "RateLimitExceeded", "message": "No."}}',
    (("Content-Type", "application/json"), ("Retry-After", "3600")),
)


@pytest.mark.parametrize(
    ("well", "options", "code"),
    [(300, (), 0), (300, ("--max-wait", "90"), 0), (6, (), 4), (0, (), 4)],
    ids=["half-way", "with more patience", "soon", "at once"],
)
def test_a_rate_limit_that_does_not_lift_is_the_end_of_a_budget(well: int, options: tuple[str, ...], code: int) -> None:
    with serve(FEW) as url, before(url, lambda n: LIMIT if n > well else None) as front:
        said = judge(front.url, "--seed", "1", *options)
    assert said.code == said.report["exit_code"] == code, said.output
    assert said.report["partial"] is True
    assert said.with_outcome("violated") == set()
    patience = options[-1] if options else "180"
    assert f"Stopped early: the server asks for more waiting than --max-wait allows, {patience} s." in notes(said)
    assert len(front.moments) < well + 20


def test_a_violation_counts_whatever_the_rate_limit() -> None:
    mock = Settings(token=TOKEN, fault="imodelid-ignored")
    with serve(mock) as url, before(url, lambda n: LIMIT if n > 300 else None) as front:
        said = judge(front.url, "--seed", "1")
    assert said.code == 1, said.output
    assert said.report["partial"] is True


def test_a_storm_that_asks_to_wait_for_an_hour_is_one_finding_too() -> None:
    storm = Answer(503, headers=(("Retry-After", "3600"),))
    with serve(FEW) as url, before(url, lambda n: storm if n > WELL else None) as front:
        said = judge(front.url, *CHOSEN)
    assert said.code == 1, said.output
    assert said.with_outcome("violated") == {"status-no-server-error"}
    assert "answers with errors (5xx) alone" in notes(said)


def started(folder: Path, *options: str, limit: str = "") -> subprocess.Popen[str]:
    """A run in a process of its own that will take long."""
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    call = [str(PYTEST), "conformance", *CHOSEN, *spared(CHOSEN), "--report-dir", str(folder), *options]
    if limit:
        call = ["bash", "-c", f'ulimit {limit}; exec "$@"', "bash", *call]
    return subprocess.Popen(call, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)


def read(folder: Path) -> dict[str, Any]:
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    assert left == []
    return report.read(folder / "report.json")


def test_a_kill_that_cannot_be_caught_leaves_what_was_written_last(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    with serve(FEW) as url:
        run = started(tmp_path, "--url", url, "--rate", "20")
        wait_until((tmp_path / "report.json").exists, run)
        run.kill()
        run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL
    # It may come while the next report is being written beside the last one.
    left = report.read(tmp_path / "report.json")
    assert left["partial"] is True
    assert "Written while the run went on" in left["notes"][-1]
    assert list(temporary.iterdir()) == []


def test_an_interrupted_run_over_processes_reports_what_was_seen(tmp_path: Path) -> None:
    with serve(FEW) as url:
        run = started(tmp_path, "--url", url, "--rate", "20", "-n", "2")
        wait_until((tmp_path / "report.json").exists, run)
        run.send_signal(signal.SIGINT)
        output, _ = run.communicate(timeout=100)
    assert run.returncode == 5, output
    assert "Traceback" not in output
    assert read(tmp_path)["partial"] is True
    assert "Interrupted: this is what was seen so far." in read(tmp_path)["notes"]


def interrupted(call: list[str], come: Callable[[subprocess.Popen[str]], object], kind: int) -> tuple[int, list[str]]:
    """The exit code of a process that is interrupted when it has come to something, and the lines that it wrote."""
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    run = subprocess.Popen(call, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    come(run)
    run.send_signal(kind)
    output, _ = run.communicate(timeout=100)
    return run.returncode, output.splitlines()


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "two processes"])
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_of_the_first_walk_leaves_a_partial_report(
    kind: int, processes: tuple[str, ...], tmp_path: Path
) -> None:
    slow = Answer(503, after=100)
    with serve(FEW) as url, before(url, lambda n: slow if n > 1 else None) as front:
        call = [str(PYTEST), "conformance", *CHOSEN, *spared(CHOSEN), "--url", front.url]
        call += ["--report-dir", str(tmp_path), *processes]
        code, lines = interrupted(call, lambda run: wait_until(lambda: len(front.moments) > 1, run), kind)
    assert code == 5, lines
    assert read(tmp_path)["partial"] is True
    assert "Interrupted: this is what was seen so far." in read(tmp_path)["notes"]
    assert lines[-1] == f"Report: {tmp_path}/report.json"


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [0.15, 0.6])
def test_an_interrupt_before_there_is_a_run_gets_one_sentence(kind: int, seconds: float, tmp_path: Path) -> None:
    silence = Answer(None, after=100)
    program = "import time, sys; from conformance.__main__ import main; print('begun', flush=True); sys.exit(main())"
    with serve(FEW) as url, before(url, lambda _: silence) as front:
        call = [sys.executable, "-c", program, "--url", front.url, "--report-dir", str(tmp_path)]

        def come(run: subprocess.Popen[str]) -> None:
            assert run.stdout
            assert run.stdout.readline() == "begun\n"
            time.sleep(seconds)

        code, lines = interrupted(call, come, kind)
    assert code == 5, lines
    assert lines == ["Interrupted before anything was judged."] or lines[-1].startswith("Report: "), lines


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path) -> None:
    with serve(FEW) as url:
        run = started(tmp_path, "--url", url, "-k", "methods or limits", limit="-f 8")
        output, _ = run.communicate(timeout=100)
    assert run.returncode == 5, output
    assert "The report could not be written to" in output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
