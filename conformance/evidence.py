"""Which requirements it takes more, or other, than one exchange to judge: sets of their ids, as data.

What is made of them is decided where exchanges are judged, confirmed and sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance import checks, ledger
from conformance.verdict import Tally

BY_COMPARISON: Final = frozenset(
    {
        *("imodelid-access", "list-own"),
        *("answers-independent", "names-percent-encoded", "prefer-same-data"),
        *(name for name in ledger.requirements() if name.startswith("life-")),
    }
)
"""Requirements that no exchange breaks by itself: it takes two, and the run or a probe compares them."""
OWN_CAUSE: Final = frozenset(
    {"status-no-server-error", "answer-in-time", *(name for name in ledger.requirements() if name.startswith("auth-"))}
)
"""Requirements that are broken by whatever request it takes."""
RESTING_ON_THE_WALK: Final = frozenset(
    name for each in ("selection", "sequence", "data") for name in checks.CHECKS[each].requirements
)
"""Requirements that answers are held against the walk for."""
_FOLLOWS_FROM: Final = {"prefer-syntax": "prefer-representation", "skip-past-end": "skip-leaves-out"}
"""Requirements that cannot hold where another is broken."""


def follows_from(requirement: str, tallies: Mapping[str, Tally]) -> bool:
    """Whether a requirement cannot hold because another one is violated."""
    cause = tallies.get(_FOLLOWS_FROM.get(requirement, ""))
    return cause is not None and cause.broken > 0
