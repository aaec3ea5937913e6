"""What a process saw of a server, as plain data, and what several of them saw together.

Where a run is spread over processes, each has its own tallies; the verdict is one, of all of them. How the data gets
from one process to another is the business of `distribution`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from attrs import define, evolve, field

from conformance.evidence import follows_from
from conformance.latency import Latencies
from conformance.redaction import Redactor
from conformance.run import Run
from conformance.verdict import Tally


@define
class Seen:
    """What was seen of a server.

    Attributes:
        tallies: What was counted, by requirement.
        sources: Exchanges by who sent them.
        latencies: How long answers took.
        deprecated: What was made use of although the spec calls it deprecated.
        saw_exports: Whether any export was seen at all.
        moves: How often the collection was seen to move.
        spent: Why no more could be sent; empty where nothing stood in the way.
        no_api: Why there is no API here to judge; empty where there is one.
        lost: Whether the server was there and is no more.
        limited: Whether the server asked to wait for longer than the run may.
        sampled: How many exports were walked, where the collection has more.
        failures: What failed in the suite itself.
        redactor: Knows every secret that may be in the tallies.
    """

    tallies: dict[str, Tally] = field(factory=dict)
    sources: Counter[str] = field(factory=Counter)
    latencies: Latencies = field(factory=Latencies)
    deprecated: set[str] = field(factory=set)
    saw_exports: bool = False
    moves: int = 0
    spent: str = ""
    no_api: str = ""
    lost: bool = False
    limited: bool = False
    sampled: int = 0
    failures: list[str] = field(factory=list)
    redactor: Redactor = field(factory=Redactor)

    @classmethod
    def by(cls, run: Run, failures: Iterable[str], redactor: Redactor) -> Seen:
        """What a run in this process has seen so far."""
        run.say_what_is_lacking()
        return cls(
            tallies=run.tallies,
            sources=run.sources,
            latencies=run.latencies,
            deprecated=run.deprecated,
            saw_exports=run.saw_exports,
            moves=run.motion.moves,
            spent=run.spent,
            no_api=run.no_api,
            lost=run.lost,
            limited=run.limited,
            sampled=run.sampled,
            failures=list(failures),
            redactor=redactor,
        )

    def without_told(self, told: dict[str, int]) -> Seen:
        """The same without the findings that were told before, so that they are not sent again and again.

        Args:
            told: Violations by requirement as they were told; brought up to date.
        """
        tallies = {}
        for name, tally in self.tallies.items():
            tallies[name] = tally if told.get(name, 0) != tally.broken else evolve(tally, findings=[])
            told[name] = tally.broken
        return evolve(self, tallies=tallies)

    def updated(self, later: Seen) -> Seen:
        """What is known of a process after it told more, without the findings that it told before."""
        tallies = {
            name: evolve(tally, findings=tally.findings or self.tallies.get(name, tally).findings)
            for name, tally in later.tallies.items()
        }
        return evolve(later, tallies=tallies)


def merge(every: Iterable[Seen]) -> Seen:
    """What several processes saw together."""
    whole = Seen()
    parts = list(every)
    for seen in parts:
        for name, tally in seen.tallies.items():
            whole.tallies.setdefault(name, Tally()).merge(tally)
        whole.sources += seen.sources
        whole.latencies.merge(seen.latencies)
        whole.deprecated |= seen.deprecated
        whole.saw_exports = whole.saw_exports or seen.saw_exports
        whole.moves = max(whole.moves, seen.moves)
        whole.spent = whole.spent or ("" if seen.no_api else seen.spent)
        whole.sampled = max(whole.sampled, seen.sampled)
        whole.lost = whole.lost or seen.lost
        whole.limited = whole.limited or seen.limited
        whole.failures += seen.failures
        whole.redactor.merge(seen.redactor)
    if parts and all(seen.no_api for seen in parts):
        whole.no_api = parts[0].no_api
    for name, tally in whole.tallies.items():
        lacking = [seen.tallies[name].lacking for seen in parts if name in seen.tallies]
        tally.lacking = lacking[0] if all(lacking) else ""
        if follows_from(name, whole.tallies):
            tally.broken, tally.findings = 0, []
    return whole
