"""Exports that are started progress by the clock, are listed and got, and are gone once they are deleted."""

from __future__ import annotations

from mock_http import ask

from conformance.mock import Clock, Reading, Settings, create_app
from conformance.mock.data import Collection, make


def test_an_export_progresses_as_the_clock_is_turned_and_every_third_ends_invalid() -> None:
    collection = Collection(make(1, 5), stage_seconds=10)
    started = [collection.add(collection.exports[0], 0.0) for _ in range(3)]
    seen = [[export.status for export in collection.at(0, moment)[-3:]] for moment in (0, 9.9, 10, 20, 99)]
    assert seen[0] == seen[1] == ["NotStarted"] * 3
    assert seen[2] == ["InProgress"] * 3
    assert seen[3] == seen[4] == ["Complete", "Invalid", "Complete"]
    assert len({export.id for export in started} | {export.id for export in make(1, 5)}) == 8


def test_the_list_is_the_same_whatever_operations_there_are() -> None:
    replies = {
        ask(
            create_app(Settings(reading=Reading(operations=which), clock=Clock(ahead=5.0))), "/mesh-export/?$top=50"
        ).body
        for which in ("list", "read", "all")
    }
    assert len(replies) == 1
