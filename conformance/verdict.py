"""From observations to a verdict for each requirement, and one for the endpoint.

Counts and decides; what was observed is the checks' business, how it is shown the report's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import Final

from attrs import define, field, frozen

from conformance.exchange import Exchange
from conformance.ledger import Level, Requirement

_KEPT_FINDINGS: Final = 5
_ENOUGH_JUDGED: Final = 0.5


class Outcome(StrEnum):
    """What the run says of a requirement."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"
    UNEXERCISED = "unexercised"


class ExitCode(IntEnum):
    """What the command says to its caller; DESIGN.md gives the meaning of each."""

    CONFORMS = 0
    DOES_NOT_CONFORM = 1
    WRONG_USE = 2
    NO_API = 3
    NOTHING_JUDGED = 4
    SUITE_FAILED = 5


@frozen(eq=False)
class Finding:
    """An exchange that breaks a requirement.

    Attributes:
        exchange: The exchange.
        message: What came instead of what is promised.
    """

    exchange: Exchange
    message: str


@define
class Tally:
    """What was observed of one requirement.

    Attributes:
        held: Exchanges that keep it.
        broken: Exchanges that break it.
        findings: The smallest exchanges that break it, smallest first.
        doubt: Why it could not be judged, where that is so.
        lacking: What was not there for it to be seen, where that is so: what held then held of nothing.
    """

    held: int = 0
    broken: int = 0
    findings: list[Finding] = field(factory=list)
    doubt: str = ""
    lacking: str = ""

    def add(self, finding: Finding) -> None:
        """Count a violation."""
        self.broken += 1
        self.findings.append(finding)
        self.findings.sort(key=lambda each: each.exchange.request.size)
        del self.findings[_KEPT_FINDINGS:]

    @property
    def outcome(self) -> Outcome:
        """The verdict. Unexercised is not holds."""
        if self.broken:
            return Outcome.VIOLATED
        if self.doubt:
            return Outcome.INCONCLUSIVE
        return Outcome.HOLDS if self.held and not self.lacking else Outcome.UNEXERCISED

    @property
    def why_unexercised(self) -> str:
        """What was not there for it to be seen; a word for it where nothing else is known."""
        return self.lacking or "no exchange showed it"


@frozen
class Judgement:
    """The verdict of a run.

    Attributes:
        tallies: What was observed, for each requirement that was asked for.
        saw_exports: Whether any export was seen at all.
        fail_on: The level from which a violation makes the endpoint non-conforming.
    """

    tallies: Mapping[str, Tally]
    requirements: Mapping[str, Requirement]
    saw_exports: bool
    fail_on: Level

    def with_outcome(self, outcome: Outcome) -> list[Requirement]:
        """The requirements that have an outcome."""
        return [
            self.requirements[name]
            for name, tally in self.tallies.items()
            if not self.requirements[name].unchecked and tally.outcome is outcome
        ]

    @property
    def counting(self) -> list[Requirement]:
        """The violated requirements that make the endpoint non-conforming."""
        return [
            requirement
            for requirement in self.with_outcome(Outcome.VIOLATED)
            if requirement.level is Level.MUST or self.fail_on is Level.SHOULD
        ]

    @property
    def judged_enough(self) -> bool:
        """Whether something of weight could be judged."""
        checked = [r for r in self.requirements.values() if not r.unchecked and r.id in self.tallies]
        musts = [requirement for requirement in checked if requirement.level is Level.MUST] or checked
        judged = {r.id for outcome in (Outcome.HOLDS, Outcome.VIOLATED) for r in self.with_outcome(outcome)}
        whole = len(self.tallies) == len(self.requirements)
        if whole and not self.saw_exports:
            return False
        return len(judged & {requirement.id for requirement in musts}) > _ENOUGH_JUDGED * len(musts)

    @property
    def exit_code(self) -> ExitCode:
        """The code for a run that came to its end."""
        if self.counting:
            return ExitCode.DOES_NOT_CONFORM
        return ExitCode.CONFORMS if self.judged_enough else ExitCode.NOTHING_JUDGED


def tallies_for(ids: Collection[str], every: Iterable[str]) -> dict[str, Tally]:
    """An empty tally for each requirement that was asked for, or for all."""
    return {name: Tally() for name in every if not ids or name in ids}
