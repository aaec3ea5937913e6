"""What past runs came to, kept small: a line for each, in a file of its own, so that runs do not disturb each other.

Keeps outcomes and fingerprints alone. What is new beside them is found elsewhere.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import asdict, field, fields, frozen

VERSION: Final = 2
"""Raised when a reader of the version before could not read it; 1 had nothing that has a default here."""
KEPT: Final = 200
"""Runs that are kept; the oldest go first."""
_JUDGED: Final = frozenset({"holds", "violated", "deviates"})


def _sets(findings: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(fingerprints) for name, fingerprints in findings.items()}


@frozen
class Record:
    """What one run came to.

    Attributes:
        started: When it began, as in its report.
        target: The root of the server.
        exit_code: Its exit code.
        outcomes: The outcome of each requirement.
        findings: The fingerprints of what was found, by requirement.
        profile: How much was looked for; empty where that was not kept.
        partial: Whether the run did not come to its end.
        versions: What judged, as in its report.
    """

    started: str
    target: str
    exit_code: int
    outcomes: Mapping[str, str]
    findings: Mapping[str, tuple[str, ...]] = field(converter=_sets)
    profile: str = ""
    partial: bool = False
    versions: Mapping[str, str] = field(factory=dict)

    def judged(self, requirement: str) -> bool:
        """Whether the run came to a verdict on a requirement."""
        return self.outcomes.get(requirement) in _JUDGED

    def has(self, requirement: str, fingerprint: str) -> bool:
        """Whether the run found a fault."""
        return fingerprint in self.findings.get(requirement, ())

    def tells(self, requirement: str, fingerprint: str) -> bool | None:
        """Whether a fault was there; None where the run cannot say."""
        if self.has(requirement, fingerprint):
            return True
        return False if self.judged(requirement) and not self.partial else None

    def outcome(self, requirement: str) -> str | None:
        """What a requirement came to; None where it was not judged, or not to the end."""
        outcome = self.outcomes.get(requirement)
        return None if self.partial and outcome == "holds" else outcome

    def comparable(self, target: str, profile: str) -> bool:
        """Whether it judged the same server as another run, and looked for as much."""
        return self.target == target and self.profile in ("", profile)


def record(report: Mapping[str, Any]) -> Record:
    """What a report leaves behind."""
    checked = [entry for entry in report["requirements"] if not entry["unchecked"]]
    return Record(
        started=report["started"],
        target=report["target"],
        exit_code=report["exit_code"],
        outcomes={entry["id"]: entry["outcome"] for entry in checked},
        findings={
            entry["id"]: [finding["fingerprint"] for finding in entry["findings"]]
            for entry in checked
            if entry["findings"]
        },
        profile=report["profile"],
        partial=report["partial"],
        versions=report["versions"],
    )


def read(folder: Path) -> list[Record]:
    """The runs in a folder, the oldest first; none where there is no folder. What is no record is passed over."""
    records = []
    for path in folder.glob("*.json"):
        try:
            records.append(_record(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, AttributeError):
            continue
    return sorted(records, key=lambda each: each.started)


def _record(kept: dict[str, Any]) -> Record:
    if kept.get("version", 1) > VERSION:
        raise ValueError(kept["version"])
    known = {each.name for each in fields(Record)}
    return Record(**{name: value for name, value in kept.items() if name in known})


def append(folder: Path, report: Mapping[str, Any], keep: int = KEPT) -> None:
    """Add a run to a folder, and let the oldest beyond a number go.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    new = record(report)
    name = "".join(character for character in new.started if character.isalnum())
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".", delete=False) as file:
        file.write(json.dumps({"version": VERSION, **asdict(new)}, separators=(",", ":")) + "\n")
    os.replace(file.name, folder / f"{name}-{os.getpid()}.json")  # noqa: PTH105  atomic, and a temporary file's name is text
    for path in sorted(folder.glob("*.json"))[:-keep]:
        path.unlink(missing_ok=True)
