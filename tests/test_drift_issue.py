"""The workflow keeps one issue with what the page says otherwise, in no words of the page, and closes it in the end.

Its own steps are run, with a command `gh` that keeps its one issue in a file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Step = Callable[..., int]

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_name("page.txt")
GH = """\
#!/bin/sh
[ "$1" = label ] && exit
echo "$2" >> "$STATE/calls"
while [ "$#" -gt 0 ]; do [ "$1" = --body-file ] && body=$2; shift; done
case $(tail -n 1 "$STATE/calls") in
  list) [ ! -e "$STATE/issue" ] || echo 7 ;;
  create | edit) cp "$body" "$STATE/issue" ;;
  close) rm "$STATE/issue" ;;
esac
"""


@pytest.fixture
def run_step(tmp_path: Path) -> Step:
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin" / "gh"
    gh.write_text(GH)
    gh.chmod(0o755)
    shutil.copy(PAGE, tmp_path / "page.txt")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "drift.yml").read_text(encoding="utf-8"))
    steps = {step["name"]: step["run"] for step in workflow["jobs"]["drift"]["steps"] if "name" in step}
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "STATE": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUN": "https://ci.example/runs/1",
    }

    def run(name: str, **more: str) -> int:
        command = ["bash", "-e", "-c", steps[name]]
        return subprocess.run(command, cwd=ROOT, env={**environment, **more}, check=False).returncode

    return run


def test_one_issue_is_opened_renewed_and_closed(run_step: Step, tmp_path: Path) -> None:
    assert run_step("Compare the page with the spec") == 0
    assert (tmp_path / "output").read_text() == "code=1\n"
    assert run_step("Keep one issue", CODE="1") == 0
    issue = (tmp_path / "issue").read_text()
    assert "https://ci.example/runs/1" in issue
    assert "openapi/mesh-export.yaml:" in issue
    assert "Narrows by iModelId" not in issue
    assert run_step("Keep one issue", CODE="1") == 0
    assert run_step("Keep one issue", CODE="0") == 0
    assert not (tmp_path / "issue").exists()
    assert run_step("Keep one issue", CODE="0") == 0
    calls = ["list", "create", "list", "edit", "list", "close", "list"]
    assert (tmp_path / "calls").read_text().split() == calls


def test_what_is_no_page_fails_the_workflow(run_step: Step, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("<html>Sign in</html>")
    assert run_step("Compare the page with the spec") != 0


def test_a_page_that_nobody_named_fails_the_workflow(run_step: Step) -> None:
    assert run_step("Fetch the saved page", URL="") == 2
