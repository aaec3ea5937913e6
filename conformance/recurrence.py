"""What past runs say of one fault: when it was there, whether it is new, and whether it comes and goes.

The one reading that a report and a comparison share. Which runs came before is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

from attrs import frozen

from conformance.history import Record

LOOKED_BACK: Final = 30
"""Past runs that are looked at: a month of nights."""
_FLAKY: Final = 2
"""Returns that make a fault flaky: the first may be a relapse, which somebody has to mend."""


class Fate(StrEnum):
    """What a fault that is there is to one who knows the runs before."""

    NEW = "new"
    FLAKY = "flaky"
    STILL = "still"


@frozen
class Sighting:
    """What a run that looked for a fault says of it.

    Attributes:
        started: When the run began.
        there: Whether it found the fault.
        accepted: Whether a deviation covered it.
    """

    started: str
    there: bool
    accepted: bool = False


def sightings(runs: Iterable[Record], requirement: str, fingerprint: str) -> list[Sighting]:
    """What runs say of a fault; those that cannot say whether it was there are left out."""
    seen = []
    for run in runs:
        there = run.tells(requirement, fingerprint)
        if there is not None:
            accepted = there and run.outcomes.get(requirement) == "deviates"
            seen.append(Sighting(run.started, there, accepted))
    return seen


def fate(before: Sequence[Sighting]) -> Fate:
    """What a fault that is there now is, by the runs before this one."""
    if before and before[-1].there:
        return Fate.STILL
    return Fate.FLAKY if comes_and_goes(before, there=True) else Fate.NEW


def comes_and_goes(before: Iterable[Sighting], *, there: bool) -> bool:
    """Whether a fault has come back more often than a relapse does, the present run among the others."""
    times = [*(sighting.there for sighting in before), there]
    first = times.index(True) if True in times else len(times)
    return sum(now and not earlier for earlier, now in pairwise(times[first:])) >= _FLAKY
