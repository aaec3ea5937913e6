"""Request: what has changed since the run began is found as what was there before, and said to have changed.

A collection that has stood still has nothing of that: then there is one walk, and no more.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final

import pytest
from attrs import evolve

from conformance import walking
from conformance.collection import Export, Snapshot, date, identity, requested
from conformance.exchange import Exchange, Request
from conformance.query import FILTERS
from conformance.run import FULL, Run

_OF_A_KIND: Final = 3
"""Exports to look for, of those that have come, changed or gone."""
_PATIENCE: Final = 6.0
"""Seconds to wait for each of these where a collection is seen to move."""
_PAUSE: Final = 0.5
_ASKED_BEFORE: Final = 30
"""Requests of the run so far to send once more."""


@pytest.mark.requirements(
    "imodelid-complete", "changesetid-complete", "exporttype-complete", "filters-combine", "prefer-same-data",
    "orderby-asc", "orderby-desc", "orderby-complete", "list-complete", "answers-independent",
)  # fmt: skip
def test_what_has_come_and_changed_is_found_by_its_values_and_what_has_gone_is_not(run: Run) -> None:
    moved = _wait_for_each_kind(run)
    if not moved:
        return
    for kind in (*moved, _hidden(run)):
        for export in kind[-_OF_A_KIND:]:
            _look_for(run, export)
    for order in ("date:asc", "date:desc"):
        run.send(Request.of((("$orderBy", order), walking.WHOLE), headers=FULL))
    run.send(Request.of((walking.WHOLE,)))
    # What keeps answers for some time would give those from before.
    for request in (walking.ALL_BUT_ONE, *run.lists(_ASKED_BEFORE)):
        run.send(request)


def _wait_for_each_kind(run: Run) -> tuple[list[Export], ...]:
    """What has come, changed and gone since the first walk, each once it is there or no more is waited for.

    Returns:
        The exports; nothing where the collection has not moved.
    """
    first, end = run.knowledge.first_snapshot, time.monotonic() + _PATIENCE
    while first:
        now, _ = walking.walk(run)
        moved = _moved(first, now) if now else ()
        if not now or not any(moved):
            break
        if all(moved) or time.monotonic() > end:
            run.knowledge.replace_snapshot(now)
            # The walks were held against the first one.
            run.suspicions = [each for each in run.suspicions if not each.observation.contestable]
            return moved
        time.sleep(_PAUSE)
    return ()


def _moved(first: Snapshot, now: Snapshot) -> tuple[list[Export], ...]:
    """The exports that have come, those that have changed, and those that have gone."""
    shared = first.by_id.keys() & now.by_id.keys()
    return (
        [export for one, export in now.by_id.items() if one not in shared],
        [export for one, export in now.by_id.items() if one in shared and date(export) != date(first.by_id[one])],
        [export for one, export in first.by_id.items() if one not in shared],
    )


def _hidden(run: Run) -> list[Export]:
    """What another user has and this one has not, the newest last."""
    if run.other_user is None or run.knowledge.snapshot is None:
        return []
    listed = run.send(Request.of((walking.WHOLE,), headers=FULL, credential=run.other_user)).exports
    hidden = [export for export in listed if identity(export) not in run.knowledge.snapshot.by_id]
    return sorted(hidden, key=lambda export: str(date(export)))


def _look_for(run: Run, export: Export) -> None:
    """Ask for what has the values of an export: the checks hold it against the walk."""
    values = [(name, value) for name in FILTERS if isinstance(value := requested(export, name), str) and value]
    for chosen in (*([one] for one in values), values):
        run.send(Request.of((*chosen, walking.WHOLE), headers=FULL))


@pytest.mark.requirements("status-documented")
def test_what_has_changed_is_not_said_to_be_as_it_was(run: Run) -> None:
    for first in run.tagged.values():
        if _content(run.send(first.request)) != _content(first):
            _asked_by_its_old_tag(run, first)


def _asked_by_its_old_tag(run: Run, first: Exchange) -> None:
    condition = ("If-None-Match", first.header("etag") or "")
    asked = run.send(evolve(first.request, headers=(*first.request.headers, condition)))
    now = run.send(first.request)
    if asked.status == HTTPStatus.NOT_MODIFIED and now.is_list and _content(now) != _content(first):
        run.broke("status-documented", asked, "status 304 by the entity tag of a list that has changed since")
    else:
        run.held("status-documented")


def _content(exchange: Exchange) -> frozenset[tuple[str, str, str]]:
    return Snapshot(exchange.exports).content
