"""What every form of a report shares: which findings there are, which count, and text that is safe to show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import frozen

Report = dict[str, Any]
STOPPED: Final = "Stopped early: "
INTERRUPTED: Final = "Interrupted: "
GOING_ON: Final = "Written while the run went on: "
"""How the note begins that says why a run has not come to its end."""


@frozen
class Violation:
    """A finding with the requirement that it breaks.

    Attributes:
        requirement: The requirement, as the report has it.
        finding: The finding, as the report has it.
        counts: Whether it makes the endpoint non-conforming: no deviation covers it, and its level counts.
    """

    requirement: dict[str, Any]
    finding: dict[str, Any]
    counts: bool

    @property
    def new(self) -> bool:
        """Whether the run before did not have it; False where there was none."""
        return bool(self.finding["new"])

    @property
    def accepted(self) -> bool:
        """Whether a deviation in force covers it."""
        deviation = self.finding["deviation"]
        return bool(deviation and deviation["state"] == "in force")

    @property
    def flaky(self) -> bool:
        """Whether it comes and goes."""
        return bool(self.finding.get("flaky"))


def violations(report: Report) -> Iterator[Violation]:
    """Every finding, those first that count, then those that are new."""
    every = [
        Violation(requirement, finding, _counts(requirement, finding, report))
        for requirement in report["requirements"]
        for finding in requirement["findings"]
    ]
    return iter(sorted(every, key=lambda each: (not each.counts, not each.new)))


def why_partial(report: Report) -> list[str]:
    """The notes that say why a run has not come to its end; empty where it has."""
    return [note for note in report["notes"] if report["partial"] and note.startswith((STOPPED, INTERRUPTED, GOING_ON))]


def by_requirement(every: Iterable[Violation]) -> list[list[Violation]]:
    """The violations of each requirement together, in the order of the first of each."""
    groups: dict[str, list[Violation]] = {}
    for each in every:
        groups.setdefault(each.requirement["id"], []).append(each)
    return list(groups.values())


def _counts(requirement: dict[str, Any], finding: dict[str, Any], report: Report) -> bool:
    deviation = finding["deviation"]
    level_counts = requirement["level"] == "MUST" or report["fail_on"] == "SHOULD"
    return level_counts and not (deviation and deviation["state"] == "in force")


def fixed(report: Report) -> list[dict[str, Any]]:
    """The requirements that the run before had violated, and that hold now; a run without an end mends none."""
    if report["partial"]:
        return []
    return [
        requirement
        for requirement in report["requirements"]
        if requirement["outcome"] == "holds" and _last_judged(requirement["past"]) in ("violated", "deviates")
    ]


def _last_judged(past: list[str | None]) -> str | None:
    return next((outcome for outcome in reversed(past) if outcome in ("holds", "violated", "deviates")), None)


def accepted(deviation: dict[str, Any]) -> str:
    """A deviation in one sentence."""
    expired = " expired:" if deviation["state"] == "expired" else ""
    until = f"accepted until {deviation['expires']} by {deviation['owner']}"
    return f"Known deviation,{expired} {until}: {deviation['reason']}"


def printable(text: str) -> str:
    """Without control characters, and marks that turn the direction: a server's words stay where they are put."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)


def status_line(response: dict[str, Any]) -> str:
    """The status of an answer and how it failed, as far as there is either."""
    return " ".join(str(part) for part in (response["status"], response["failure"]) if part)
