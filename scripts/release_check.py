"""Say whether this checkout may be released, and if not, what to do about it.

It is compared with the newest release before it, which is a tag `vX.Y.Z`. Both distributions have the version of the
spec. They are built, looked into, installed on the oldest and the newest Python and with the oldest versions that they
admit of what they need, and tried there against the embedded mock.

Exit codes: 0 it may, 1 it may not, 2 there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from conformance.mock import Settings, serve
from scripts import contract, generate
from scripts.distributions import (
    UV,
    BuildError,
    Distribution,
    build,
    distributions,
    find_python,
    install,
    pythons,
    wrong_in_source,
    wrong_in_wheel,
)
from scripts.spec_diff import ROOT, BaseError, Difference, Version, check_out, compare, read_version, written

NOT_THERE: Final = ("not found in the package registry", "there is no version of")

# Tries what was installed, given its folder of commands and one to write in; says what is wrong, if anything.
Attempt: TypeAlias = Callable[[Path, Path], str]


@dataclass(frozen=True)
class Candidate:
    """What is to be released.

    Attributes:
        root: The checkout.
        version: Its version.
        base: The tag of the newest release before it; None for the first.
        difference: What changed since then; None for the first.
    """

    root: Path
    version: Version
    base: str | None
    difference: Difference | None


def read_candidate(root: Path, base: str = "") -> Candidate:
    """Compare a checkout with the release before it, or with another commit.

    Raises:
        BaseError: The version is not one, or there is no such commit.
    """
    version, base = read_version(root), base or _last_release(root)
    if not base:
        return Candidate(root, version, None, None)
    with tempfile.TemporaryDirectory() as folder:
        check_out(root, base, Path(folder))
        return Candidate(root, version, base, compare(Path(folder), root))


def _git(root: Path, *arguments: str) -> str:
    finished = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return finished.stdout.strip()


def _unchanged(root: Path) -> bool:
    """Whether the checkout is its commit; with changes, what the commit is tagged with is the release before."""
    return not _git(root, "status", "--porcelain", "--untracked-files=no")


def _last_release(root: Path) -> str:
    here = set(_git(root, "tag", "--points-at", "HEAD").splitlines()) if _unchanged(root) else set[str]()
    every = _git(root, "tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").splitlines()
    return next((tag for tag in every if tag not in here), "")


def refused_as_it_stands(candidate: Candidate) -> Iterator[str]:
    """Why it may not be released, as far as its files and its history say."""
    yield from stale_package(candidate)
    yield from too_small_a_version(candidate)
    yield from unexplained_removals(candidate)
    yield from released_before(candidate)
    yield from tagged_otherwise(candidate)
    yield from unwritten_changelog(candidate)


def stale_package(candidate: Candidate) -> Iterator[str]:
    """The spec has changed, and the package was not made again."""
    spec, package = candidate.root / "openapi" / "mesh-export.yaml", candidate.root / "generated"
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = generate.main(["--check", "--spec", str(spec), "--output", str(package)])
    if code:
        yield "The package in generated/ is not what the spec gives: run `make generate` and commit what it changed."


def too_small_a_version(candidate: Candidate) -> Iterator[str]:
    """The version does not say what changed."""
    difference = candidate.difference
    if difference and candidate.version < difference.next_version:
        what = "callers break" if difference.breaking else "there are changes"
        yield (
            f"Version {written(candidate.version)} is too small, since {candidate.base} {what}: set info.version of "
            f"openapi/mesh-export.yaml to {written(difference.next_version)} or more and run `make generate` "
            f"(`make spec-diff BASE={candidate.base}` shows why)."
        )


def unexplained_removals(candidate: Candidate) -> Iterator[str]:
    """A requirement went, and the ledger does not say why."""
    ledger = yaml.safe_load((candidate.root / "openapi" / "requirements.yaml").read_text(encoding="utf-8"))
    for change in candidate.difference.ledger if candidate.difference else ():
        if change.kind == "Removed" and not ledger.get("removed", {}).get(change.place):
            yield (
                f"The requirement {change.place} was removed without a line of history: add "
                f"`{change.place}: '{written(candidate.version)}: why'` to `removed` of openapi/requirements.yaml."
            )


def released_before(candidate: Candidate) -> Iterator[str]:
    """The version belongs to another commit, or is on the index."""
    version = written(candidate.version)
    advice = "set info.version of openapi/mesh-export.yaml to a new one and run `make generate`."
    tagged = _git(candidate.root, "rev-list", "--max-count=1", f"refs/tags/v{version}")
    here = tagged == _git(candidate.root, "rev-parse", "HEAD")
    if tagged and not (here and _unchanged(candidate.root)):
        where = "this commit, without the changes that are not committed" if here else "another commit"
        yield f"Version {version} was released already, as the tag v{version} of {where}: {advice}"
    for distribution in distributions(candidate.root):
        if _on_index(f"{distribution.name}=={version}"):
            yield f"{distribution.name} {version} is on the package index already: {advice}"


def tagged_otherwise(candidate: Candidate) -> Iterator[str]:
    """The commit is tagged as another version than it has."""
    version = written(candidate.version)
    tags = _git(candidate.root, "tag", "--list", "v*", "--points-at", "HEAD").splitlines()
    for tag in tags if _unchanged(candidate.root) else ():
        if tag != f"v{version}":
            yield f"The commit is tagged {tag} and its version is {version}: remove the tag, or set info.version first."


def _on_index(requirement: str) -> bool:
    """Ask the index; one that cannot be asked is said so, and does not hold a release up."""
    command = [str(UV), "pip", "compile", "--quiet", "--refresh", "--no-deps", "--no-config", "--no-header", "-"]
    answer = subprocess.run(command, input=requirement, capture_output=True, text=True, check=False)
    said = " ".join(answer.stderr.split())
    if answer.returncode and not any(words in said for words in NOT_THERE):
        print(f"Not known whether {requirement} is on the package index: it could not be asked.")
    return answer.returncode == 0


def unwritten_changelog(candidate: Candidate) -> Iterator[str]:
    """The changelog has no section of the version, or what is released stands under Unreleased still."""
    version = written(candidate.version)
    text = (candidate.root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        yield (
            f"CHANGELOG.md has no section of {version}: put `## [{version}] - YYYY-MM-DD` under `## [Unreleased]`, "
            "above what is being released."
        )
    elif waiting := _unreleased(text):
        yield (
            f"CHANGELOG.md has lines under `## [Unreleased]`, which {version} would hold without saying so (the first: "
            f"{waiting[0]!r}): move them to the section of {version}."
        )


def _unreleased(changelog: str) -> list[str]:
    """The lines under Unreleased that are no heading."""
    section = re.search(r"^## \[Unreleased\]$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    lines = section[1].splitlines() if section else []
    return [line for line in lines if line.strip() and not line.startswith("#")]


def refused_as_built(candidate: Candidate, output: Path, *, every_python: bool) -> Iterator[str]:
    """Why it may not be released, as far as its distributions say, which are built into a folder."""
    client, suite = distributions(candidate.root)
    for distribution, attempt in ((client, try_client), (suite, try_suite)):
        try:
            wheel, source = build(distribution, output)
        except BuildError as error:
            yield f"{distribution.name} cannot be built; mend it until `make build` passes:\n{error}"
            continue
        advice = "commit what belongs in it, remove what does not, or mend its pyproject.toml."
        wrong = chain(wrong_in_wheel(distribution, wheel), wrong_in_source(distribution, source))
        yield from (f"{sentence}: {advice}" for sentence in wrong)
        yield from failing_environments(distribution, wheel, attempt, pythons(suite), every_python=every_python)


def failing_environments(
    distribution: Distribution, wheel: Path, attempt: Attempt, versions: tuple[str, str], *, every_python: bool
) -> Iterator[str]:
    """Where a wheel cannot be installed, or does not work once it is."""
    oldest, newest = versions
    for version, resolution in ((oldest, "lowest-direct"), (oldest, "highest"), (newest, "highest")):
        python = find_python(version)
        age = resolution.partition("-")[0]
        place = f"{distribution.name} on Python {version}, with the {age} versions of what it needs"
        if python is None:
            said = f"{place}: not tried, there is no Python {version} on the PATH"
            if every_python:
                yield f"{said}: install it, or put it there."
            else:
                print(f"{said}.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                environment = Path(folder) / "environment"
                said = attempt(install(distribution, wheel, environment, python, resolution), Path(folder))
            except BuildError as error:
                said = str(error)
        if said:
            yield f"{place}: it fails; mend it, or the bounds of its pyproject.toml:\n{said}"
        else:
            print(f"{place}: it works.")


def try_client(commands: Path, _: Path) -> str:
    """Compare what the client gives with what the embedded mock sends; the result is what is wrong."""
    token = secrets.token_hex()
    with serve(Settings(token=token, seed=1)) as url:
        finished = contract.run(commands / "python", url, token)
    return (finished.stdout + finished.stderr) if finished.returncode else ""


def try_suite(commands: Path, folder: Path) -> str:
    """Have the suite judge its embedded mock; the result is what is wrong."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MESH_EXPORT_"))}
    command = [str(commands / "mesh-export-conformance"), "--seed", "1", "--report-dir", str(folder / "report")]
    finished = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return "\n".join((finished.stdout + finished.stderr).splitlines()[-20:]) if finished.returncode else ""


def check(candidate: Candidate, output: Path, *, every_python: bool) -> list[str]:
    """Every reason why a candidate may not be released; its distributions are built only if its files have none."""
    print(f"{written(candidate.version)}, compared with {candidate.base or 'nothing: it is the first release'}.")
    refused = list(refused_as_it_stands(candidate))
    return refused or list(refused_as_built(candidate, output, every_python=every_python))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Say whether this checkout may be released.")
    parser.add_argument("--base", default="", help="what to compare with; else the newest release before it")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--output", type=Path, help="a folder to keep the distributions in")
    parser.add_argument("--every-python", action="store_true", help="refuse where a Python is missing")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        output = options.output or Path(folder)
        output.mkdir(parents=True, exist_ok=True)
        try:
            candidate = read_candidate(options.root, options.base)
        except BaseError as error:
            print(error, file=sys.stderr)
            return 2
        refused = check(candidate, output, every_python=options.every_python)
    for sentence in refused:
        print(f"Refused. {sentence}", file=sys.stderr)
    if not refused:
        print(f"{written(candidate.version)} may be released.")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
