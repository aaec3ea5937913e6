"""The collection as the endpoint itself showed it, and what every selection of it must therefore be.

A snapshot is one full walk in full representation. We control no data on a live service: the oracle is the service
against itself. Sending is left to the run, judgement to the checks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from attrs import define, field, frozen

from conformance.query import COMPATIBILITY, FILTERS, Query, same_value

Export = dict[str, Any]
_MOST_SELECTIONS: Final = 100
"""Selections that are remembered: a run asks for the same ones many times."""
_MOST_DATES: Final = 10_000


@define(eq=False)
class Snapshot:
    """A walk: a full one, or where that takes too long a sample of the collection.

    Attributes:
        exports: The exports in the order in which they came, in full representation.
        atomic: Whether they came in one answer, so that nothing moved between its parts.
        repeats: Whether one answer had an export twice, so that no place in the list can be relied upon.
        whole: Whether the walk came to the end of the collection.
        garbled: Whether an answer had bytes that are no letters, so that no name can be relied upon.
        parts: Where it did not, what some values of filters select, each as a collection of its own.
    """

    exports: list[Export]
    atomic: bool = True
    repeats: bool = False
    whole: bool = True
    garbled: bool = False
    parts: dict[tuple[str, str], Snapshot] = field(factory=dict)

    @property
    def complete(self) -> bool:
        """Whether it has every export that there was at one moment."""
        return self.whole and self.atomic

    @cached_property
    def by_id(self) -> dict[str, Export]:
        """The exports by their ids, in lower case."""
        return {identity(export): export for export in self.exports}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The ids in the order in which the exports came."""
        return tuple(self.by_id)

    @cached_property
    def types(self) -> frozenset[str]:
        """The export types that occur."""
        return frozenset(value for export in self.exports if isinstance(value := requested(export, "exportType"), str))

    @cached_property
    def shown(self) -> frozenset[str]:
        """The filters that every export shows the value of."""
        return frozenset(
            name for name in FILTERS if all(isinstance(requested(export, name), str) for export in self.exports)
        )

    @cached_property
    def content(self) -> frozenset[tuple[str, str, str]]:
        """Id, status and date of every export."""
        return frozenset(
            (identity(export), str(export.get("status")), str(date(export) or export.get("lastModified")))
            for export in self.exports
        )

    @cached_property
    def descriptions(self) -> frozenset[tuple[str, ...]]:
        """What every export is called and made from: somebody may give a thing another name."""
        return frozenset(
            (identity(export), str(export.get("displayName")), *made_from(export)) for export in self.exports
        )

    def values(self, name: str) -> list[str]:
        """The values that a member of `request` has, the most frequent first."""
        counted: dict[str, int] = {}
        for export in self.exports:
            value = requested(export, name)
            if isinstance(value, str):
                counted[value] = counted.get(value, 0) + 1
        return sorted(counted, key=lambda value: (-counted[value], value))

    def agrees_with(self, other: Snapshot) -> bool:
        """Whether two walks agree as sets, dates and names included: some services sort by names."""
        named = self.garbled or other.garbled or self.descriptions == other.descriptions
        if self.content != other.content or not named or self.parts.keys() != other.parts.keys():
            return False
        return all(part.agrees_with(other.parts[key]) for key, part in self.parts.items())

    def containing(self, query: Query) -> Snapshot | None:
        """What is known to have every export that a query selects: the whole, or a part; None where nothing is."""
        if self.whole:
            return self
        return next((part for (name, value), part in self.parts.items() if query.value(name) == value), None)


@frozen
class Selection:
    """The exports that pass the filters of a query by `request`, as far as the walk tells.

    Attributes:
        ids: The ids that pass, in the order of the walk.
        open: Parameters whose rule only the server knows; the answer is then a subset.
    """

    ids: tuple[str, ...]
    open: tuple[str, ...] = ()
    members: frozenset[str] = field(init=False)

    @members.default
    def _members(self) -> frozenset[str]:
        return frozenset(self.ids)


def select(snapshot: Snapshot, query: Query) -> Selection:
    """The exports of a walk that a query selects."""
    filters = tuple((name, value) for name in FILTERS if (value := query.value(name)))
    return Selection(_passing(snapshot, filters), tuple(name for name in COMPATIBILITY if name in query.parameters))


@lru_cache(maxsize=_MOST_SELECTIONS)
def _passing(snapshot: Snapshot, filters: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The ids of the exports that pass each filter."""
    tests = [passes(name, value) for name, value in filters]
    return tuple(identity(export) for export in snapshot.exports if all(test(export) for test in tests))


def passes(name: str, value: str) -> Callable[[Export], bool]:
    """The test that an export must pass where a filter has a value."""
    return lambda export: same_value(name, str(requested(export, name)), value)


def requested(export: Export, name: str) -> Any:
    """A member of an export's `request`; None where there is none."""
    request = export.get("request")
    return request.get(name) if isinstance(request, dict) else None


def made_from(export: Export) -> tuple[str, ...]:
    """What an export was made from, in lower case: replicas may write ids in another case than one another."""
    return tuple(str(requested(export, name)).lower() for name in FILTERS)


def identity(export: Export) -> str:
    """The id of an export in lower case: the case of a UUID has no meaning."""
    return str(export.get("id")).lower()


def mesh_link(export: Export) -> str | None:
    """The link to an export's tiles."""
    links = export.get("_links")
    mesh = links.get("mesh") if isinstance(links, dict) else None
    href = mesh.get("href") if isinstance(mesh, dict) else None
    return href if isinstance(href, str) else None


def date(export: Export) -> datetime | None:
    """The date by which exports are ordered, in UTC; None where it cannot be read."""
    return _moment(str(export.get("lastModified")))


@lru_cache(maxsize=_MOST_DATES)
def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written.upper())
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    try:
        # Replicas may write one moment in several zones.
        return moment.astimezone(UTC)
    except OverflowError:
        # In UTC it lies outside the years that there are.
        return moment
