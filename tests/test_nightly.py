"""Nights one after the other, as the workflow has them: a fault appears, stays and goes; each morning says so.

The steps of the job are run, against the mock and with a command `gh` that keeps its one issue in a file. With
`NIGHTS=..xx...` in the environment other nights are lived through: `x` is one with the fault.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from suite import ROOT, TOKEN

from conformance.mock import Settings, create_app
from conformance.mock.server import listen, server_of

NIGHTS = os.environ.get("NIGHTS", ".xx.")
FAULT, REQUIREMENT = "top-1001-accepted", "top-maximum"
SUITE = Path(sys.executable).with_name("mesh-export-conformance")
GH = """\
#!/bin/sh
[ "$1" = label ] && exit
echo "$2" >> "$STATE/calls"
command=$2
while [ "$#" -gt 0 ]; do [ "$1" = --body-file ] && body=$2; shift; done
case $command in
  list) [ ! -e "$STATE/issue" ] || echo 7 ;;
  create) cp "$body" "$STATE/issue" ;;
  comment) cat "$body" >> "$STATE/issue" ;;
  close) rm "$STATE/issue" ;;
esac
"""


@contextmanager
def served(port: int, fault: str | None) -> Iterator[str]:
    """The mock on the same port each night."""
    server = server_of(create_app(Settings(token=TOKEN, fault=fault)))
    with listen("127.0.0.1", port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / ".github" / script), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def nights(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return {
        "PORT": port,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "STATE": str(tmp_path),
        "SUITE": str(SUITE),
        "KEPT": str(tmp_path / "kept"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "PROFILES": "quick",
        "MESH_EXPORT_TOKEN": TOKEN,
        "MESH_EXPORT_CONFORMANCE_REQUIREMENT": REQUIREMENT,
        "PYTEST_ADDOPTS": "-k test_an_invalid_value",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }


def outputs(folder: Path) -> dict[str, str]:
    lines = (folder / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_each_morning_says_what_is_new_and_keeps_one_issue(nights: dict[str, str], tmp_path: Path) -> None:
    before = "."
    for number, night in enumerate(NIGHTS, 1):
        report = tmp_path / f"report-{number}"
        with served(int(nights["PORT"]), FAULT if night == "x" else None) as url:
            done = run("nightly.sh", **nights, URL=url, SEED=str(number), REPORT=str(report))
        said, told = (report / "comparison.md").read_text(encoding="utf-8"), outputs(tmp_path)
        broken = night == "x"
        assert done.returncode == broken, done.stdout + done.stderr
        assert (told["code"], told["left"]) == (str(int(broken)), str(int(broken)))
        assert told["new"] == str(int(broken and before == "."))
        groups = {(".", "x"): "### New", ("x", "x"): "### Still", ("x", "."): "### Fixed"}
        assert groups.get((before, night), "0 new, 0 fixed") in said
        kept = run("keep-nightly-issue.sh", told["new"], told["left"], str(report / "comparison.md"), "RUN", **nights)
        assert kept.returncode == 0, kept.stderr
        assert (tmp_path / "issue").exists() == broken
        before = night
        print(f"night {number}{' (with the fault)' if broken else ''}: {outputs(tmp_path)}\n{said}")  # noqa: T201  with -s, the week is read
    assert (tmp_path / "calls").read_text(encoding="utf-8").split().count("create") == NIGHTS.count(".x")
    assert len(list((tmp_path / "kept" / "history").glob("*.json"))) == len(NIGHTS)
    assert TOKEN not in (tmp_path / "summary").read_text(encoding="utf-8")


def test_a_night_without_an_api_keeps_what_was_known(nights: dict[str, str], tmp_path: Path) -> None:
    done = run("nightly.sh", **nights, URL=f"http://127.0.0.1:{nights['PORT']}", REPORT=str(tmp_path / "report"))
    assert done.returncode == 3
    assert outputs(tmp_path) == {"code": "3"}
    assert not (tmp_path / "kept" / "last" / "report.json").exists()


def test_what_nights_came_to_is_one_commit_on_a_branch(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote")], check=True)
    subprocess.run(["git", "init", "-q", str(tmp_path / "clone")], check=True)
    subprocess.run(
        ["git", "-C", str(tmp_path / "clone"), "remote", "add", "origin", str(tmp_path / "remote")], check=True
    )
    kept = tmp_path / "kept"
    kept.mkdir()
    for content in ("one", "two"):
        (kept / "report.json").write_text(content, encoding="utf-8")
        script = str(ROOT / ".github" / "keep-night.sh")
        subprocess.run([script, str(kept)], cwd=tmp_path / "clone", check=True)
    git = ["git", "-C", str(tmp_path / "remote")]
    assert subprocess.check_output([*git, "rev-list", "--count", "nightly"], text=True).strip() == "1"
    assert subprocess.check_output([*git, "show", "nightly:report.json"], text=True) == "two"
