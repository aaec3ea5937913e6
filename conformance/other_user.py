"""What another user is shown, asked as them, and whether the first user's own requests let them in.

What they may not read stays hidden however they ask: that is put to the test by the probes of access.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from attrs import evolve

from conformance.collection import Export, identity, requested
from conformance.exchange import Exchange, Request
from conformance.run import Run

_REFUSALS: Final = frozenset({401, 403, 404, 422})
_TWO: Final = 2
_MOST_LOOKED_AT: Final = 4


def cold_top(run: Run) -> tuple[str, str]:
    """A `$top` that nobody has asked for yet in this run: a cache cannot have it."""
    return "$top", str(next(run.cold_tops))


def as_other(run: Run, request: Request) -> Exchange:
    """What the other user gets.

    Raises:
        LookupError: There is no other user.
    """
    if run.other_user is None:
        raise LookupError("there is no other user")
    return run.send(evolve(request, credential=run.other_user))


def by_themselves(run: Run, request: Request) -> Exchange:
    """What the other user gets in a connection that nobody else was in."""
    with run.endpoint.one_connection():
        return as_other(run, request)


def ids_shown(exchange: Exchange) -> set[str] | None:
    """The ids that a user is shown; none where they are refused, and None where there is no telling."""
    if exchange.is_list:
        return set(exchange.ids)
    return set() if exchange.status in _REFUSALS else None


def own_list(run: Run, pairs: Iterable[tuple[str, str]] = ()) -> set[str] | None:
    """The list of the other user, or what these parameters select of it; None where it cannot be read whole."""
    top = cold_top(run)
    exchange = by_themselves(run, Request.of((*pairs, top)))
    # What goes beyond a page may be anything.
    return None if len(exchange.ids) >= int(top[1]) or exchange.status != 200 else ids_shown(exchange)


def by_imodel(exports: Sequence[Export]) -> dict[str, set[str]]:
    """The ids of the exports of each iModel, in the order of the collection."""
    found: dict[str, set[str]] = {}
    for export in exports:
        found.setdefault(str(requested(export, "iModelId")), set()).add(identity(export))
    return found


def see_who_is_let_in(run: Run) -> None:
    """Hold what the other user is shown of an iModel against the same after the first user has asked for it.

    At the opening, before anybody has: a service that keeps who may read what, but not for whom, keeps it for good.
    That another iModel shows when its turn comes, and no sooner, tells it from access that was given meanwhile.
    """
    snapshot = run.knowledge.snapshot
    own = own_list(run) if run.other_user and snapshot and "imodelid-access" in run.tallies else None
    if not (snapshot and own is not None):
        return
    every = by_imodel(snapshot.exports)
    hidden = [imodel for imodel, theirs in every.items() if not theirs & own]
    imodels = list(islice((one for one in hidden[:_MOST_LOOKED_AT] if not _told(run, one, every)), _TWO))
    if len(imodels) < _TWO:
        return
    for number, imodel in enumerate(imodels):
        if number and _told(run, imodel, every):
            return
        run.send(all_of(run, imodel))
        exchange = as_other(run, all_of(run, imodel))
        told = sorted(set(exchange.ids) & every[imodel])
        if not told:
            run.held("imodelid-access")
            return
        if number:
            what = f"the export {told[0]} of the iModel {imodel}"
            run.broke("imodelid-access", exchange, f"{what}, hidden from this user until another one asked for it")


def all_of(run: Run, imodel: str) -> Request:
    """A request for all exports of an iModel that no cache can have the answer to."""
    return Request.of((("iModelId", imodel), cold_top(run)))


def _told(run: Run, imodel: str, every: dict[str, set[str]]) -> bool:
    """Whether the other user is shown something of an iModel, or there is no telling."""
    seen = ids_shown(by_themselves(run, all_of(run, imodel)))
    return seen is None or bool(seen & every[imodel])
