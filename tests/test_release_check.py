"""`make release-check` refuses what must not be released, in one sentence that says what to do."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from scratch import CHANGELOG, LEDGER, ROOT, SPEC, edit, git, repository

from scripts import release, release_check
from scripts.distributions import build, distributions, pythons, wrong_in_source, wrong_in_wheel
from scripts.release_check import Candidate, failing_environments, read_candidate, try_client
from scripts.spec_diff import read_version


@pytest.fixture
def empty_index(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package index, so that no test asks a real one."""
    folder = tmp_path_factory.mktemp("index")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that has released 1.4.0 and could release 1.4.1."""
    root = repository(tmp_path_factory.mktemp("template"))
    set_version(root, "1.4.0")
    git(root, "commit", "--quiet", "--all", "--message", "a release")
    git(root, "tag", "v1.4.0")
    set_version(root, "1.4.1")
    git(root, "commit", "--quiet", "--all", "--message", "another")
    return root


@pytest.fixture
def scratch(tmp_path: Path, template: Path, empty_index: Path) -> Path:  # noqa: ARG001
    """A copy of the repository, away from the real index."""
    return shutil.copytree(template, tmp_path / "scratch")


def set_version(root: Path, version: str) -> None:
    """Write a version wherever it stands: in the spec, in what is made from it, and in the changelog."""
    there = ".".join(map(str, read_version(root)))
    places = ["pyproject.toml", "README.md", "mesh_export_client/_settings.py"]
    for path in (root / SPEC, *(root / "generated" / place for place in places)):
        path.write_text(path.read_text(encoding="utf-8").replace(there, version), encoding="utf-8")
    (root / CHANGELOG).write_text(f"# Changelog\n\n## [Unreleased]\n\n## [{version}] - 2026-01-02\n", encoding="utf-8")


def refused(check: Callable[[Candidate], Iterator[str]], root: Path) -> list[str]:
    return list(check(read_candidate(root)))


def test_what_is_in_order_is_not_refused(scratch: Path) -> None:
    assert refused(release_check.refused_as_it_stands, scratch) == []


def test_the_first_release_has_nothing_to_be_compared_with(scratch: Path) -> None:
    git(scratch, "tag", "--delete", "v1.4.0")
    assert read_candidate(scratch).base is None
    assert refused(release_check.refused_as_it_stands, scratch) == []


def with_a_lower_bound(spec: Any) -> None:
    spec["components"]["parameters"]["top"]["schema"]["minimum"] = 1


@pytest.mark.parametrize(("before", "needed"), [("1.4.0", "2.0.0"), ("0.4.0", "0.5.0")])
def test_a_breaking_change_without_a_major_version_is_refused(scratch: Path, before: str, needed: str) -> None:
    set_version(scratch, before)
    git(scratch, "commit", "--quiet", "--all", "--message", "the version before")
    git(scratch, "tag", "--force", "v1.4.0")
    edit(scratch / SPEC, with_a_lower_bound)
    set_version(scratch, before[:-1] + "1")
    git(scratch, "commit", "--quiet", "--all", "--message", "a new bound")
    (sentence,) = refused(release_check.too_small_a_version, scratch)
    assert sentence.startswith(f"Version {before[:-1]}1 is too small, since v1.4.0 callers break: set info.version ")
    assert f"to {needed} or more" in sentence
    set_version(scratch, needed)
    assert refused(release_check.too_small_a_version, scratch) == []


def test_a_spec_that_changed_without_its_package_is_refused(scratch: Path) -> None:
    edit(scratch / SPEC, lambda spec: spec["components"]["parameters"]["top"].update(description="How many."))
    assert refused(release_check.stale_package, scratch) == [
        "The package in generated/ is not what the spec gives: run `make generate` and commit what it changed."
    ]


def test_a_requirement_that_went_without_a_line_of_history_is_refused(scratch: Path) -> None:
    ledger = yaml.safe_load((scratch / LEDGER).read_text(encoding="utf-8"))
    gone = next(entry["id"] for entry in ledger["requirements"] if entry["level"] == "SHOULD")
    edit(
        scratch / LEDGER,
        lambda ledger: ledger.update(requirements=[e for e in ledger["requirements"] if e["id"] != gone]),
    )
    (sentence,) = refused(release_check.unexplained_removals, scratch)
    assert sentence == (
        f"The requirement {gone} was removed without a line of history: add "
        f"`{gone}: '1.4.1: why'` to `removed` of openapi/requirements.yaml."
    )
    edit(scratch / LEDGER, lambda ledger: ledger.update(removed={gone: "1.4.1: nobody kept it"}))
    assert refused(release_check.unexplained_removals, scratch) == []


def test_a_version_that_has_a_tag_is_refused(scratch: Path) -> None:
    set_version(scratch, "1.4.0")
    said = refused(release_check.released_before, scratch)
    assert any(
        re.match(r"Version 1\.4\.0 was released already, as the tag v1\.4\.0 of another commit: set ", s) for s in said
    )


def test_the_tag_of_the_very_commit_is_no_hindrance(scratch: Path) -> None:
    git(scratch, "tag", "v1.4.1")
    assert read_candidate(scratch).base == "v1.4.0"
    assert refused(release_check.released_before, scratch) == []


def test_a_tag_of_another_version_is_refused(scratch: Path) -> None:
    git(scratch, "tag", "v1.5.0")
    assert refused(release_check.tagged_otherwise, scratch) == [
        "The commit is tagged v1.5.0 and its version is 1.4.1: remove the tag, or set info.version first."
    ]


def without_a_requirement(ledger: Any) -> None:
    del ledger["requirements"][0]


def test_changes_that_are_not_committed_are_compared_with_the_release_that_they_were_made_to(scratch: Path) -> None:
    git(scratch, "tag", "v1.4.1")
    gone = yaml.safe_load((scratch / LEDGER).read_text(encoding="utf-8"))["requirements"][0]["id"]
    edit(scratch / LEDGER, without_a_requirement)
    edit(scratch / SPEC, with_a_lower_bound)
    (again,) = refused(release_check.released_before, scratch)
    assert again.startswith("Version 1.4.1 was released already, as the tag v1.4.1 of this commit, without the changes")
    set_version(scratch, "1.4.2")
    (too_small,) = refused(release_check.too_small_a_version, scratch)
    assert too_small.startswith("Version 1.4.2 is too small, since v1.4.1 callers break: set info.version ")
    (unexplained,) = refused(release_check.unexplained_removals, scratch)
    assert unexplained.startswith(f"The requirement {gone} was removed without a line of history")
    assert refused(release_check.tagged_otherwise, scratch) == refused(release_check.released_before, scratch) == []


def test_a_version_that_is_on_the_index_is_refused(scratch: Path, empty_index: Path) -> None:
    build(distributions(scratch)[0], empty_index)
    assert refused(release_check.released_before, scratch) == [
        "mesh-export-client 1.4.1 is on the package index already: "
        "set info.version of openapi/mesh-export.yaml to a new one and run `make generate`."
    ]


def test_an_index_that_cannot_be_asked_is_said_so_and_holds_nothing_up(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UV_NO_INDEX", "")
    monkeypatch.setenv("UV_OFFLINE", "1")
    assert refused(release_check.released_before, scratch) == []
    assert capsys.readouterr().out.count("it could not be asked.") == 2


def test_a_changelog_without_the_version_is_refused(scratch: Path) -> None:
    (scratch / CHANGELOG).write_text("# Changelog\n\n## [Unreleased]\n\n- Something.\n", encoding="utf-8")
    (sentence,) = refused(release_check.unwritten_changelog, scratch)
    assert sentence.startswith("CHANGELOG.md has no section of 1.4.1: put ")


def test_a_changelog_with_lines_under_unreleased_is_refused(scratch: Path) -> None:
    section = "## [1.4.1] - 2026-01-02\n\n- Something.\n"
    text = f"# Changelog\n\n## [Unreleased]\n\n### Added\n\n- `make fast`.\n\n{section}"
    (scratch / CHANGELOG).write_text(text, encoding="utf-8")
    assert refused(release_check.unwritten_changelog, scratch) == [
        "CHANGELOG.md has lines under `## [Unreleased]`, which 1.4.1 would hold without saying so "
        "(the first: '- `make fast`.'): move them to the section of 1.4.1."
    ]
    (scratch / CHANGELOG).write_text(text.replace("- `make fast`.\n", ""), encoding="utf-8")
    assert refused(release_check.unwritten_changelog, scratch) == []


def add_a_stray_file(root: Path) -> None:
    (root / "generated" / "mesh_export_client" / "notes.txt").write_text("mine", encoding="utf-8")


def remove_a_module(root: Path) -> None:
    (root / "generated" / "mesh_export_client" / "errors.py").unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            add_a_stray_file,
            "mesh_export_client-1.4.1-py3-none-any.whl holds mesh_export_client/notes.txt, which git does not",
        ),
        (remove_a_module, "mesh_export_client-1.4.1-py3-none-any.whl lacks mesh_export_client/errors.py"),
    ],
)
def test_a_wheel_that_is_not_what_git_has_is_refused(
    scratch: Path, tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    client, _ = distributions(scratch)
    wheel, source = build(client, tmp_path)
    assert [*wrong_in_wheel(client, wheel), *wrong_in_source(client, source)] == []
    spoil(scratch)
    wheel, source = build(client, tmp_path)
    assert list(wrong_in_wheel(client, wheel)) == [says]
    assert len(list(wrong_in_source(client, source))) == (spoil is add_a_stray_file)


def test_a_package_that_does_not_work_where_it_is_installed_is_refused(scratch: Path, tmp_path: Path) -> None:
    client, _ = distributions(scratch)
    path = scratch / "generated" / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"^dependencies = .*$", 'dependencies = ["no-such-thing>=1"]', text, flags=re.M), encoding="utf-8"
    )
    wheel, _ = build(client, tmp_path)
    version = ".".join(map(str, sys.version_info[:2]))
    found = list(failing_environments(client, wheel, try_client, (version, version), every_python=False))
    assert len(found) == 3
    assert all("it fails; mend it, or the bounds of its pyproject.toml:\n" in sentence for sentence in found)


@pytest.mark.parametrize("every_python", [True, False])
def test_a_python_that_is_missing_is_named_and_refused_where_every_one_is_asked_for(
    tmp_path: Path, every_python: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    client, _ = distributions(ROOT)
    found = list(failing_environments(client, tmp_path, try_client, ("3.99", "3.99"), every_python=every_python))
    said = "\n".join(found) if every_python else capsys.readouterr().out
    assert said.count("not tried, there is no Python 3.99 on the PATH") == 3
    assert len(found) == 3 * every_python


def test_the_matrix_of_continuous_integration_has_the_oldest_and_the_newest_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    suite = distributions(ROOT)[1]
    assert (matrix[0], matrix[-1]) == pythons(suite)
    assert suite.project["project"]["requires-python"] == f">={matrix[0]}"


def test_both_distributions_name_the_same_pythons() -> None:
    client, suite = ({c for c in d.project["project"]["classifiers"] if "Python ::" in c} for d in distributions(ROOT))
    assert client == suite


def test_a_release_is_tagged_only_where_all_is_committed(scratch: Path) -> None:
    git(scratch, "config", "user.name", "a")
    git(scratch, "config", "user.email", "a@b.example")
    edit(scratch / SPEC, with_a_lower_bound)
    assert release.tag(scratch, "1.4.1") == 1
    git(scratch, "commit", "--quiet", "--all", "--message", "all of it")
    assert release.tag(scratch, "1.4.1") == 0
    assert read_candidate(scratch).base == "v1.4.0"
    assert release.tag(scratch, "1.4.1") == 1
