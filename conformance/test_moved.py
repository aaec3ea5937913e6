"""Request: what has changed since the run began is found as what was there before, and said to have changed.

A collection that has stood still has nothing of that: then there is one walk, and no more.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import pytest
from attrs import evolve

from conformance import walking
from conformance.collection import Export, date, identity, requested
from conformance.exchange import Exchange, Request
from conformance.query import FILTERS
from conformance.run import FULL, Run

_CHANGED: Final = 3
"""Exports that have come, and that have changed, to look for."""


@pytest.mark.requirements(
    "imodelid-complete", "changesetid-complete", "exporttype-complete", "filters-combine", "prefer-same-data",
    "orderby-asc", "orderby-desc", "orderby-complete", "list-complete",
)  # fmt: skip
def test_what_has_come_and_what_has_changed_is_found_by_its_values(run: Run) -> None:
    first = run.knowledge.first_snapshot
    now, _ = walking.walk(run)
    if first is None or now is None or now.agrees_with(first):
        return
    run.knowledge.replace_snapshot(now)
    come = [export for export in now.exports if identity(export) not in first.by_id]
    changed = [
        export for export in now.exports if (known := first.by_id.get(identity(export))) and date(known) != date(export)
    ]
    for export in (*come[-_CHANGED:], *changed[-_CHANGED:]):
        _look_for(run, export)
    for order in ("date:asc", "date:desc"):
        run.send(Request.of((("$orderBy", order), walking.WHOLE), headers=FULL))
    run.send(Request.of((walking.WHOLE,)))


def _look_for(run: Run, export: Export) -> None:
    """Ask for what has the values of an export: the checks hold it against the walk."""
    values = [(name, value) for name in FILTERS if isinstance(value := requested(export, name), str) and value]
    for chosen in ([], *([one] for one in values), values):
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


def _content(exchange: Exchange) -> list[tuple[object, ...]]:
    return [tuple(export.get(name) for name in ("id", "status", "lastModified")) for export in exchange.exports]
