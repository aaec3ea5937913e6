"""From observations to a verdict for each requirement, and one for the endpoint.

Counts and decides; what was observed is the checks' business, how it is shown the report's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from typing import Final

from attrs import define, evolve, field, frozen

from conformance.deviations import Deviation
from conformance.exchange import CredentialKind, Exchange
from conformance.fingerprint import OTHER_PATH, Cause, cause
from conformance.ledger import Level, Requirement

_MOST_FAULTS: Final = 100
"""Faults of one requirement that are told apart, the smallest first: beyond them they are only counted."""
_KEPT_SYMPTOMS: Final = 5
_ENOUGH_JUDGED: Final = 0.5


class Outcome(StrEnum):
    """What the run says of a requirement."""

    HOLDS = "holds"
    VIOLATED = "violated"
    DEVIATES = "deviates"
    INCONCLUSIVE = "inconclusive"
    UNEXERCISED = "unexercised"


JUDGED: Final = (Outcome.HOLDS, Outcome.VIOLATED, Outcome.DEVIATES)
"""Outcomes that are a verdict."""


class ExitCode(IntEnum):
    """What the command says to its caller; DESIGN.md gives the meaning of each."""

    CONFORMS = 0
    DOES_NOT_CONFORM = 1
    WRONG_USE = 2
    NO_API = 3
    NOTHING_JUDGED = 4
    SUITE_FAILED = 5


@frozen(eq=False)
class Symptom:
    """One exchange that a fault shows in.

    Attributes:
        exchange: The exchange.
        message: What came instead of what is promised.
    """

    exchange: Exchange
    message: str


@define(eq=False)
class Finding:
    """A fault: the smallest exchange that it breaks a requirement in, and others that it explains.

    Attributes:
        exchange: The smallest exchange.
        message: What came instead of what is promised.
        check: The name of the check that failed; empty where a probe compared several exchanges.
        reduced: Whether each part of the request was needed for it to fail.
        symptoms: Some of the others.
        count: How many exchanges it was seen in.
    """

    exchange: Exchange
    message: str
    check: str = ""
    reduced: bool = True
    symptoms: list[Symptom] = field(factory=list)
    count: int = 1

    @property
    def cause(self) -> Cause:
        """The shape of the smallest exchange."""
        return cause(self.exchange, reduced=self.reduced)

    def explains(self, exchange: Exchange, check: str) -> bool:
        """Whether an exchange fails the same check, with the same answer, and has every part of the smallest one."""
        return check == self.check and self.cause.within(cause(exchange))

    def is_fault_of(self, other: Finding) -> bool:
        """Whether the other is the same fault."""
        return (self.check, self.cause) == (other.check, other.cause)

    def see(self, other: Finding) -> None:
        """Take in another exchange that the fault explains; the smaller one stands for it."""
        self.count += other.count
        symptom = Symptom(other.exchange, other.message)
        if other.weight < self.weight and self.is_fault_of(other):
            symptom = Symptom(self.exchange, self.message)
            self.exchange, self.message = other.exchange, other.message
        self.symptoms = [*self.symptoms, symptom, *other.symptoms][:_KEPT_SYMPTOMS]

    @property
    def weight(self) -> tuple[int, int]:
        """How much there is to read: another spelling of the path counts as a part, a wrong credential as two."""
        parts, characters = self.exchange.request.size
        wrong = self.exchange.request.credential.kind not in (CredentialKind.GOOD, CredentialKind.NONE)
        return parts + (self.cause.path == OTHER_PATH) + wrong, characters


@define
class Tally:
    """What was observed of one requirement.

    Attributes:
        held: Exchanges that keep it.
        broken: Exchanges that break it.
        findings: The faults that break it, the one with the smallest exchange first.
        doubt: Why it could not be judged, where that is so.
        lacking: What was not there for it to be seen, where that is so: what held then held of nothing.
        seconds: How long the exchanges that put it to the test took.
    """

    held: int = 0
    broken: int = 0
    findings: list[Finding] = field(factory=list)
    doubt: str = ""
    lacking: str = ""
    seconds: float = 0.0

    def add(self, finding: Finding) -> None:
        """Count a violation: of a fault that is known, or of a new one."""
        self.broken += 1
        self.findings = _told_apart([*self.findings, finding])

    def explaining(self, exchange: Exchange, check: str) -> Finding | None:
        """The known fault that explains why an exchange fails a check."""
        return next((each for each in self.findings if each.reduced and each.explains(exchange, check)), None)

    def merge(self, other: Tally) -> None:
        """Count what another process observed of the same requirement."""
        self.held += other.held
        self.broken += other.broken
        self.seconds += other.seconds
        self.findings = _told_apart([*self.findings, *map(evolve, other.findings)])
        self.doubt = self.doubt or other.doubt

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


def _told_apart(findings: Iterable[Finding]) -> list[Finding]:
    """The faults, the smallest first: a finding that a smaller one explains is a symptom of it."""
    apart: list[Finding] = []
    for finding in sorted(findings, key=lambda each: each.weight):
        same = (each for each in apart if each.is_fault_of(finding))
        explaining = (each for each in apart if each.reduced and each.explains(finding.exchange, finding.check))
        known = next(same, None) or next(explaining, None)
        if known:
            known.see(finding)
        elif len(apart) < _MOST_FAULTS:
            apart.append(finding)
    return apart


@frozen
class Judgement:
    """The verdict of a run.

    Attributes:
        tallies: What was observed, for each requirement that was asked for.
        saw_exports: Whether any export was seen at all.
        fail_on: The level from which a violation makes the endpoint non-conforming.
        deviations: The violations that are accepted for a while.
        today: The day for which deviations are in force or expired.
        complete: Whether the run came to its end, so that what it did not find is not there.
    """

    tallies: Mapping[str, Tally]
    requirements: Mapping[str, Requirement]
    saw_exports: bool
    fail_on: Level
    deviations: tuple[Deviation, ...] = ()
    today: date = field(factory=lambda: datetime.now(UTC).date())
    complete: bool = True

    def outcome(self, name: str) -> Outcome:
        """The verdict on a requirement: it deviates where each of its faults is accepted."""
        tally = self.tallies[name]
        outcome = tally.outcome
        if outcome is Outcome.VIOLATED and all(self.accepted(name, finding) for finding in tally.findings):
            return Outcome.DEVIATES
        return outcome

    def deviation(self, name: str, finding: Finding) -> Deviation | None:
        """The entry that covers a fault of a requirement: one in force, or else one that has expired."""
        covering = [each for each in self.deviations if each.covers(name, finding)]
        return max(covering, key=lambda each: each.expires, default=None)

    def accepted(self, name: str, finding: Finding) -> bool:
        """Whether a deviation in force covers a fault."""
        deviation = self.deviation(name, finding)
        return deviation is not None and deviation.in_force(self.today)

    def with_outcome(self, outcome: Outcome) -> list[Requirement]:
        """The requirements that have an outcome."""
        return [
            self.requirements[name]
            for name in self.tallies
            if not self.requirements[name].unchecked and self.outcome(name) is outcome
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
        judged = {r.id for outcome in JUDGED for r in self.with_outcome(outcome)}
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
