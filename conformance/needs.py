"""What a collection or a server must have for a requirement to be seen at all, and what to say where it has not.

The ledger says which requirement needs what. Whether one was seen kept or broken is the checks' business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Set
from typing import Final

from attrs import frozen

from conformance import spec
from conformance.collection import Snapshot, date, mesh_link, requested


@frozen
class Sight:
    """What a run has before it.

    Attributes:
        snapshot: The last walk.
        default_top: The page size without `$top`.
        rate_limited: Whether a 429 came.
        served: The ids of the operations that the server was seen to have.
        other_user: Whether there is a second user.
        may_write: Whether the run may change something.
    """

    snapshot: Snapshot | None
    default_top: int
    rate_limited: bool
    served: Set[str] = frozenset()
    other_user: bool = False
    may_write: bool = False


@frozen
class Need:
    """Something that must be there.

    Attributes:
        met: Whether it is.
        missing: What to say where it is not.
    """

    met: Callable[[Sight], bool]
    missing: str


def _size(sight: Sight) -> int:
    return len(sight.snapshot.exports) if sight.snapshot else 0


def _dates(sight: Sight) -> Counter[object]:
    exports = sight.snapshot.exports if sight.snapshot else []
    return Counter(moment for export in exports if (moment := date(export)))


def _linked(sight: Sight, *, linked: bool) -> bool:
    exports = sight.snapshot.exports if sight.snapshot else []
    return any((mesh_link(export) is not None or export.get("status") == "Complete") is linked for export in exports)


def _operation(name: str) -> Need:
    return Need(lambda sight: name in sight.served, f"the server did not show that it has the operation {name}")


_CHANGING: Final = frozenset(name for name, operation in spec.operations().items() if operation.method != "GET")
NEEDS: Final[Mapping[str, Need]] = {
    "other-user": Need(
        lambda sight: sight.other_user, "it takes a second user with fewer rights: MESH_EXPORT_OTHER_TOKEN gives one"
    ),
    "export": Need(lambda sight: _size(sight) > 0, "the collection is empty"),
    "two-exports": Need(lambda sight: _size(sight) > 1, "the collection has fewer than two exports"),
    "two-dates": Need(lambda sight: len(_dates(sight)) > 1, "no two exports have different dates"),
    "tied-dates": Need(lambda sight: any(n > 1 for n in _dates(sight).values()), "no two exports have the same date"),
    "second-page": Need(
        lambda sight: _size(sight) > sight.default_top, "the collection fits on one page of the default size"
    ),
    "complete-export": Need(lambda sight: _linked(sight, linked=True), "no export is complete"),
    "incomplete-export": Need(lambda sight: _linked(sight, linked=False), "every export is complete"),
    "request-date": Need(
        lambda sight: any(
            requested(export, "lastModified") is not None
            for export in (sight.snapshot.exports if sight.snapshot else [])
        ),
        "no export has request.lastModified",
    ),
    "rate-limit": Need(
        lambda sight: sight.rate_limited,
        "the server showed no rate limit; --probe-rate-limit and a full run look for one",
    ),
    **{name: _operation(name) for name in spec.operations() if name != spec.LIST},
}


def missing(need: str | None, sight: Sight) -> str:
    """What is missing for a requirement that needs this; empty where nothing is.

    Raises:
        KeyError: There is no such need.
    """
    if need is None or NEEDS[need].met(sight):
        return ""
    if need in _CHANGING and not sight.may_write:
        return f"the operation {need} changes something: --allow-writes with --scratch-imodel sends it"
    return NEEDS[need].missing
