"""Which requirements it takes more, or other, than one exchange to judge, and which checks can lead to each: data.

What is made of them is decided where exchanges are judged, confirmed and sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
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
_FOLLOWS_FROM: Final = {
    "prefer-syntax": "prefer-representation",
    "skip-past-end": "skip-leaves-out",
    # What a version selects cannot be part of a whole list that lacks exports.
    "itwinjs-subset": "list-complete",
    "tileversion-subset": "list-complete",
}
"""Requirements that cannot hold where another is broken."""
TOLD_BY_ALL: Final = frozenset(
    {
        *("answers-independent", "cdn-links-only", "cdn-urls", "list-steady", "names-percent-encoded", "top-default"),
        *("path-without-slash", "prefer-same-data", "root-links-only", "top-fills", "unknown-parameter-ignored"),
        *("links-next-absent", "links-next-page", "list-unique", "orderby-steady"),
    }
)
"""Requirements that may be to blame whatever check fails, or that are to blame only where none does."""
OF_STATUSES: Final = ("documented_status", "valid_request_is_accepted")
"""Checks that tell which status is wrong by itself, whatever else is asked for."""
_NAMED_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "bad_credential_is_refused": OF_STATUSES,
    "invalid_parameter_is_refused": OF_STATUSES,
    "error_details": (*OF_STATUSES, "invalid_parameter_is_refused"),
    "paging_links": ("selection",),
    "sequence": ("selection",),
    "selection": ("sequence",),
}
"""Checks, and those whose requirements may be to blame where they fail."""


def checks_for(wanted: Set[str]) -> list[checks.Check]:
    """The checks that may lead to a verdict on one of these requirements, in their order."""
    if wanted & TOLD_BY_ALL:
        return list(checks.CHECKS.values())
    own = {name for name, each in checks.CHECKS.items() if each.requirements & wanted}
    return [each for name, each in checks.CHECKS.items() if not own.isdisjoint((name, *_NAMED_FOR.get(name, ())))]


def follows_from(requirement: str, tallies: Mapping[str, Tally]) -> bool:
    """Whether a requirement cannot hold because another one is violated."""
    cause = tallies.get(_FOLLOWS_FROM.get(requirement, ""))
    return cause is not None and cause.broken > 0
