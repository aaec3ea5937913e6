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

from attrs import asdict, field, frozen

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
    """

    started: str
    target: str
    exit_code: int
    outcomes: Mapping[str, str]
    findings: Mapping[str, tuple[str, ...]] = field(converter=_sets)

    def judged(self, requirement: str) -> bool:
        """Whether the run came to a verdict on a requirement."""
        return self.outcomes.get(requirement) in _JUDGED

    def has(self, requirement: str, fingerprint: str) -> bool:
        """Whether the run found a fault."""
        return fingerprint in self.findings.get(requirement, ())


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
    )


def read(folder: Path) -> list[Record]:
    """The runs in a folder, the oldest first; none where there is no folder. What is no record is passed over."""
    records = []
    for path in folder.glob("*.json"):
        try:
            records.append(Record(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, AttributeError):
            continue
    return sorted(records, key=lambda each: each.started)


def append(folder: Path, report: Mapping[str, Any], keep: int = KEPT) -> None:
    """Add a run to a folder, and let the oldest beyond a number go.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    new = record(report)
    name = "".join(character for character in new.started if character.isalnum())
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".", delete=False) as file:
        file.write(json.dumps(asdict(new), separators=(",", ":")) + "\n")
    os.replace(file.name, folder / f"{name}-{os.getpid()}.json")  # noqa: PTH105  atomic, and a temporary file's name is text
    for path in sorted(folder.glob("*.json"))[:-keep]:
        path.unlink(missing_ok=True)
