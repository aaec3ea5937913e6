"""Say what changed since an earlier commit, whom it breaks, and which version comes next.

Three things are compared: the spec (`scripts/spec_changes.py`), the Python interface of the package
(`scripts/python_interface.py`), and the ledger. The next version follows Semantic Versioning;
below 1.0 the minor version stands in for the major one. The entry for the changelog is printed, for a person to correct
and put in.

Exit codes: 0 compared, 2 there is no such commit, or it holds no spec.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from scripts import python_interface
from scripts.spec_changes import Breaks, Change, Kind, changes

ROOT: Final = Path(__file__).resolve().parent.parent
Version: TypeAlias = tuple[int, int, int]


class BaseError(Exception):
    """There is nothing to compare with."""


@dataclass(frozen=True)
class Difference:
    """What changed between two checkouts.

    Attributes:
        version: The version of the earlier one.
        spec: The changes of the spec.
        ledger: The changes of the requirements, each placed by its id.
        broken: What of the Python interface no longer works, one sentence each.
        added: What the Python interface has new, by its path.
    """

    version: Version
    spec: tuple[Change, ...]
    ledger: tuple[Change, ...]
    broken: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of the spec and of the requirements."""
        return self.spec + self.ledger

    @property
    def breaking(self) -> bool:
        """Whether a program that works today may stop working."""
        return bool(self.broken) or any(change.breaks is Breaks.CALLERS for change in self.changes)

    @property
    def next_version(self) -> Version:
        """The least version that may have these changes."""
        major, minor, patch = self.version
        more = bool(self.added) or any(
            change.breaks is Breaks.SERVERS or change.kind in {Kind.ADDED, Kind.DEPRECATED} for change in self.changes
        )
        if self.breaking:
            return (major + 1, 0, 0) if major else (0, minor + 1, 0)
        return (major, minor + 1, 0) if more and major else (major, minor, patch + 1)


def read_version(root: Path) -> Version:
    """The version of a checkout, which is that of its spec.

    Raises:
        BaseError: It is not three numbers.
    """
    text = str(_load(root / "openapi" / "mesh-export.yaml")["info"]["version"])
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise BaseError(f"The version {text!r} is not three numbers: correct info.version of openapi/mesh-export.yaml.")
    major, minor, patch = map(int, text.split("."))
    return major, minor, patch


def written(version: Version) -> str:
    """A version as it is written."""
    return ".".join(map(str, version))


def check_out(root: Path, ref: str, folder: Path) -> None:
    """Put the spec, the ledger and the package of an earlier commit into a folder.

    Raises:
        BaseError: There is no such commit, or it holds none of them.
    """
    if not ref:
        raise BaseError("No commit is given: give one, a tag or a branch to compare with (make spec-diff BASE=v0.1.0).")
    command = ["git", "archive", "--end-of-options", ref, "openapi", "generated"]
    archive = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if archive.returncode:
        raise BaseError(f"There is no spec at {ref!r}: give a commit, a tag or a branch that has one (BASE=ref).")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")


def compare(before: Path, after: Path) -> Difference:
    """Compare two checkouts."""
    specs = [_load(root / "openapi" / "mesh-export.yaml") for root in (before, after)]
    ledgers = [_load(root / "openapi" / "requirements.yaml") for root in (before, after)]
    packages = [python_interface.load(root / "generated") for root in (before, after)]
    return Difference(
        version=read_version(before),
        spec=tuple(changes(*specs)),
        ledger=tuple(requirement_changes(*ledgers)),
        broken=tuple(python_interface.broken(*packages)),
        added=tuple(python_interface.added(*packages)),
    )


def requirement_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """What became of the requirements: a promise that went breaks callers, a new one breaks servers."""
    there, now = ({entry["id"]: entry for entry in ledger["requirements"]} for ledger in (before, after))
    for name in (name for name in there if name not in now):
        breaks = Breaks.CALLERS if there[name]["level"] == "MUST" else Breaks.NEITHER
        why = after.get("removed", {}).get(name, "no line under `removed` says why")
        yield Change(Kind.REMOVED, breaks, name, f"{there[name]['level']} removed: {why}")
    for name, entry in now.items():
        if name not in there:
            breaks = Breaks.SERVERS if entry["level"] == "MUST" else Breaks.NEITHER
            yield Change(Kind.ADDED, breaks, name, f"{entry['level']} added: {entry['statement']}")
        else:
            yield from _entry_changes(name, there[name], entry)


def _entry_changes(name: str, there: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    if there["level"] != now["level"]:
        breaks = Breaks.CALLERS if now["level"] == "SHOULD" else Breaks.SERVERS
        yield Change(Kind.CHANGED, breaks, name, f"{there['level']} is now {now['level']}")
    if there["statement"] != now["statement"]:
        for breaks in (Breaks.CALLERS, Breaks.SERVERS):
            yield Change(Kind.CHANGED, breaks, name, f"promises something else: {now['statement']}")
    for key in sorted({*there, *now} - {"level", "statement"}):
        if key in there and key in now and there[key] != now[key]:
            yield Change(Kind.CHANGED, Breaks.NEITHER, name, f"`{key}` reworded", wording=True)
        elif key not in there:
            yield Change(Kind.CHANGED, Breaks.NEITHER, name, f"`{key}` is given now: {now[key]}")
        elif key not in now:
            yield Change(Kind.CHANGED, Breaks.NEITHER, name, f"`{key}` is given no more")


def _load(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)  # type: ignore[no-any-return]


def report(difference: Difference) -> str:
    """Everything that changed, by whom it breaks."""
    lines: list[str] = []
    for breaks in Breaks:
        lines += _section(f"{breaks.value.capitalize()} break", difference.spec, breaks)
        lines += _section(f"Requirements: {breaks.value} break", difference.ledger, breaks)
    lines += _listing("The Python interface breaks", difference.broken)
    lines += _listing("The Python interface has new", (f"`{path}`" for path in difference.added))
    version, following = written(difference.version), written(difference.next_version)
    lines.append(f"After {version} comes {following}: {_reason(difference)}.")
    return "\n".join(lines)


def _section(title: str, every: Iterable[Change], breaks: Breaks) -> list[str]:
    title = title.replace("either break", "either breaks")
    return _listing(title, (f"{change.place}: {change.text}" for change in every if change.breaks is breaks))


def _listing(title: str, entries: Iterable[str]) -> list[str]:
    lines = [f"  {entry}" for entry in entries]
    return [title, *lines, ""] if lines else []


def _reason(difference: Difference) -> str:
    if difference.breaking:
        return "callers break" + ("" if difference.version[0] else ", and below 1.0 that is a minor version")
    return (
        "no caller breaks" if difference.changes or difference.added else "neither spec, ledger nor interface changed"
    )


def entry(difference: Difference, day: str) -> str:
    """The entry of the changelog, in the form of Keep a Changelog."""
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for what, every in (("Spec", difference.spec), ("Requirement", difference.ledger)):
        for (kind, place, text), breaks in _by_text(every).items():
            by_kind[kind].append(f"{_blame(breaks)}{what} `{place}`: {text.rstrip('.')}.")
    by_kind[Kind.ADDED] += [f"Package: `{path}`." for path in difference.added]
    by_kind[Kind.CHANGED] += [f"**Breaks callers.** Package: {sentence}." for sentence in difference.broken]
    reworded = sum(change.wording for change in difference.changes)
    if reworded:
        by_kind[Kind.CHANGED].append(f"Wording, examples and grounds in {reworded} place{'s' * (reworded > 1)}.")
    lines = [f"## [{written(difference.next_version)}] - {day}", ""]
    for kind, entries in by_kind.items():
        if entries:
            lines += [f"### {kind.value}", "", *(f"- {line}" for line in entries), ""]
    return "\n".join(lines)


def _by_text(every: Iterable[Change]) -> dict[tuple[Kind, str, str], list[Breaks]]:
    """All but wording, each once, with everybody whom it breaks."""
    found: dict[tuple[Kind, str, str], list[Breaks]] = {}
    for change in (change for change in every if not change.wording):
        found.setdefault((change.kind, change.place, change.text), []).append(change.breaks)
    return found


def _blame(breaks: Iterable[Breaks]) -> str:
    broken = " and ".join(each.value for each in breaks if each is not Breaks.NEITHER)
    return f"**Breaks {broken}.** " if broken else ""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Say what changed since a commit, and which version comes next.")
    parser.add_argument("base", help="the commit, tag or branch to compare with")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to compare")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_out(options.root, options.base, Path(folder))
            difference = compare(Path(folder), options.root)
        except BaseError as error:
            print(error, file=sys.stderr)
            return 2
    print(report(difference))
    if difference.changes or difference.broken or difference.added:
        print(f"\n{entry(difference, datetime.now(UTC).date().isoformat())}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
