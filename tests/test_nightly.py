"""Nights one after the other, as the workflow has them: a fault appears, stays and goes; each morning says so.

The steps of the job are run, against the mock and with a command `gh` that keeps its one issue in a file. With
`NIGHTS=..xx...` in the environment other nights are lived through: `x` is one with the fault, `?` judges nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from nights import ONE_PROBE, free_port, served
from suite import ROOT, TOKEN

from conformance.options import CLIENT_VARIABLES, OTHER_VARIABLE, SHARE_KEY_VARIABLE, TOKEN_VARIABLE

NIGHTS = os.environ.get("NIGHTS", ".xx?.x")
FAULT, REQUIREMENT = "unprocessable-code-misspelt", "unprocessable-code"
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
STUB = """\
#!/bin/sh
if [ "$1" = compare ]; then echo '{"left": []}'; exit "$COMPARED"; fi
mkdir -p "$REPORT/quick" && echo "{\\"partial\\": $PARTIAL}" > "$REPORT/quick/report.json"
exit 1
"""


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
    return {
        "PORT": str(free_port()),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "STATE": str(tmp_path),
        "SUITE": str(SUITE),
        "KEPT": str(tmp_path / "kept"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "PROFILES": "quick",
        "MESH_EXPORT_TOKEN": TOKEN,
        "MESH_EXPORT_CONFORMANCE_REQUIREMENT": REQUIREMENT,
        "PYTEST_ADDOPTS": ONE_PROBE,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }


def outputs(folder: Path) -> dict[str, str]:
    lines = (folder / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_each_morning_says_what_is_new_and_keeps_one_issue(nights: dict[str, str], tmp_path: Path) -> None:
    before = "."
    for number, night in enumerate(NIGHTS, 1):
        report = tmp_path / f"report-{number}"
        asks = {} if night != "?" else {"MESH_EXPORT_CONFORMANCE_MAX_REQUESTS": "1"}
        with served(int(nights["PORT"]), FAULT if night == "x" else None) as url:
            done = run("nightly.sh", **{**nights, **asks}, URL=url, SEED=str(number), REPORT=str(report))
        said, told = (report / "comparison.md").read_text(encoding="utf-8"), outputs(tmp_path)
        code = {".": 0, "x": 1, "?": 4}[night]
        left = before == "x" if night == "?" else night == "x"
        assert done.returncode == code, done.stdout + done.stderr
        assert (told["code"], told["left"]) == (str(code), str(int(left)))
        appearances = f".{NIGHTS[:number]}".replace("?", "").count(".x")
        flaky = appearances > 2
        assert told["new"] == str(int(night == "x" and before == "." and not flaky))
        assert told["whole"] == ("false" if night == "?" else "true")
        groups = {".x": "### New", "xx": "### Still", "x.": "### Fixed", "x?": "### Unknown"}
        groups |= {".x": "### Flaky", "x.": "### Flaky"} if flaky else {}
        assert groups.get(before + night, "0 new, 0 fixed") in said
        kept = run("keep-nightly-issue.sh", *told_to_keep(told), str(report / "comparison.md"), "RUN", **nights)
        assert kept.returncode == 0, kept.stderr
        assert (tmp_path / "issue").exists() == left
        before = before if night == "?" else night
        print(f"night {number} ({night}): {outputs(tmp_path)}\n{said}")  # noqa: T201  with -s, the week is read
    assert (tmp_path / "calls").read_text(encoding="utf-8").split().count("create") == appearances
    assert len(list((tmp_path / "kept" / "history").glob("*.json"))) == len(NIGHTS)
    assert TOKEN not in (tmp_path / "summary").read_text(encoding="utf-8")


def told_to_keep(told: dict[str, str]) -> tuple[str, str, str]:
    return told["new"], told["left"], told["whole"]


@pytest.mark.parametrize(
    ("new", "left", "whole", "open_before", "code", "calls"),
    [
        # What is left and known to nobody, as after a relapse that is called flaky, or an issue closed by hand.
        ("0", "1", "true", False, 0, ["list", "create"]),
        ("1", "1", "true", False, 0, ["list", "create"]),
        ("1", "1", "false", True, 0, ["list", "comment"]),
        ("0", "1", "true", True, 0, ["list"]),
        ("0", "0", "true", True, 0, ["list", "close"]),
        ("0", "0", "true", False, 0, ["list"]),
        # A night that judged nothing closes nothing.
        ("0", "0", "false", True, 0, ["list"]),
        # What compare refuses is no news.
        ("2", "1", "true", True, 2, []),
    ],
)
def test_the_issue_is_open_while_something_is_left(
    new: str,
    left: str,
    whole: str,
    open_before: bool,
    code: int,
    calls: list[str],
    nights: dict[str, str],
    tmp_path: Path,
) -> None:
    (tmp_path / "comparison.md").write_text("what was found", encoding="utf-8")
    if open_before:
        (tmp_path / "issue").touch()
    done = run("keep-nightly-issue.sh", new, left, whole, str(tmp_path / "comparison.md"), "RUN", **nights)
    assert done.returncode == code, done.stderr
    said = (tmp_path / "calls").read_text(encoding="utf-8").split() if (tmp_path / "calls").exists() else []
    assert said == calls


def test_a_run_that_ended_early_does_not_count_as_whole_and_a_comparison_that_fails_is_no_news(
    nights: dict[str, str], tmp_path: Path
) -> None:
    stub = tmp_path / "suite"
    stub.write_text(STUB)
    stub.chmod(0o755)
    for partial, compared, whole in (("false", "0", "true"), ("true", "0", "false"), ("false", "2", None)):
        (tmp_path / "output").unlink(missing_ok=True)
        asked = {**nights, "SUITE": str(stub), "PARTIAL": partial, "COMPARED": compared}
        done = run("nightly.sh", **asked, REPORT=str(tmp_path / "report"))
        assert done.returncode == (1 if compared == "0" else 2)
        assert outputs(tmp_path).get("whole") == whole
        assert ("new" in outputs(tmp_path)) is (compared == "0")


def test_a_night_without_an_api_keeps_what_was_known(nights: dict[str, str], tmp_path: Path) -> None:
    done = run("nightly.sh", **nights, URL=f"http://127.0.0.1:{nights['PORT']}", REPORT=str(tmp_path / "report"))
    assert done.returncode == 3
    assert outputs(tmp_path) == {"code": "3"}
    assert not list((tmp_path / "kept").rglob("*.json*"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose remote is the bare repository beside it."""
    remote, clone = tmp_path / "remote", tmp_path / "clone"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", str(remote)], check=True)
    return clone


def in_clone(clone: Path, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / ".github" / script), str(folder)], cwd=clone, capture_output=True, text=True, check=False
    )


def test_what_nights_came_to_is_one_commit_on_a_branch(clone: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for content in ("one", "two"):
        (kept / "report.json").write_text(content, encoding="utf-8")
        assert in_clone(clone, "keep-night.sh", kept).returncode == 0
    git = ["git", "-C", str(tmp_path / "remote")]
    assert subprocess.check_output([*git, "rev-list", "--count", "nightly"], text=True).strip() == "1"
    assert subprocess.check_output([*git, "show", "nightly:report.json"], text=True) == "two"


def test_the_nights_before_are_had_from_the_branch_and_an_outage_is_no_first_night(clone: Path, tmp_path: Path) -> None:
    kept, had = tmp_path / "kept" / "history", tmp_path / "had"
    first = in_clone(clone, "have-nights.sh", had)
    assert (first.returncode, first.stdout.strip()) == (0, "There is no branch nightly yet: this is the first night.")
    kept.mkdir(parents=True)
    (kept / "1.json").write_text("one", encoding="utf-8")
    assert in_clone(clone, "keep-night.sh", kept.parent).returncode == 0
    assert in_clone(clone, "have-nights.sh", had).returncode == 0
    assert [path.relative_to(had).as_posix() for path in had.rglob("*") if path.is_file()] == ["history/1.json"]
    (tmp_path / "remote").rename(tmp_path / "away")
    out = in_clone(clone, "have-nights.sh", tmp_path / "none")
    assert out.returncode == 1
    assert "without them all would be new: try again later." in out.stderr


def test_the_workflow_takes_no_outage_for_a_first_night_and_hands_every_credential_on() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8"))
    steps = {step["name"]: step for step in workflow["jobs"]["judge"]["steps"] if "name" in step}
    assert not [step for step in steps.values() if "continue-on-error" in step]
    assert steps["Have the nights before"]["run"] == "make have-nights"
    given = steps["Judge the service, quick and then full, and compare"]["env"]
    names = (*CLIENT_VARIABLES, TOKEN_VARIABLE, SHARE_KEY_VARIABLE, OTHER_VARIABLE)
    assert {name: given.get(name) for name in names} == {name: f"${{{{ secrets.{name} }}}}" for name in names}
