"""The schema-driven and the property-based part each find what the other does not."""

from __future__ import annotations

from itertools import combinations

import pytest
from suite import TOKEN, Said, judge

from conformance.arrays import any_three_of_twelve
from conformance.collection import Snapshot
from conformance.knowledge import Knowledge
from conformance.mock import Settings, serve
from conformance.values import real_values

SCHEMA_DRIVEN, PROPERTY_BASED = "test_what_the_schema_generates", "test_whatever_is"


def judged_by(part: str, fault: str) -> Said:
    with serve(Settings(token=TOKEN, size=110, fault=fault)) as url:
        return judge(url, "--seed", "4", "--fail-on", "should", "-k", part)


@pytest.mark.parametrize(
    ("fault", "requirement", "finder", "other"),
    [
        ("every-method-lists", "method-refused", SCHEMA_DRIVEN, PROPERTY_BASED),
        ("delete-succeeds", "method-refused", SCHEMA_DRIVEN, PROPERTY_BASED),
        ("filters-joined-by-or", "filters-combine", PROPERTY_BASED, SCHEMA_DRIVEN),
        ("imodelid-ignored-with-order", "imodelid-only", PROPERTY_BASED, SCHEMA_DRIVEN),
    ],
)
def test_one_part_finds_what_the_other_does_not(fault: str, requirement: str, finder: str, other: str) -> None:
    assert requirement in judged_by(finder, fault).with_outcome("violated")
    assert requirement not in judged_by(other, fault).with_outcome("violated")


def test_any_three_parts_stand_together_in_every_way() -> None:
    rows = list(any_three_of_twelve())
    for places in combinations(range(12), 3):
        assert len({tuple(row[place] for place in places) for row in rows}) == 8


@pytest.mark.parametrize("third", range(1, 12))
def test_any_two_parts_stand_together_without_a_third_in_every_other_request(third: int) -> None:
    without = [row for row in list(any_three_of_twelve())[1::2] if not row[third]]
    for one, other in combinations((place for place in range(12) if place != third), 2):
        assert any(row[one] and row[other] for row in without)


def test_a_changeset_that_several_imodels_have_is_among_those_asked_for() -> None:
    alone = {f"{number:040x}": ["a"] * (2 + number % 3) for number in range(0, 400, 7)}
    imodels = {**alone, f"{123:040x}": ["b", "c"]}
    requests = [{"iModelId": one, "changesetId": each} for each, several in imodels.items() for one in several]
    snapshot = Snapshot([{"id": str(number), "request": request} for number, request in enumerate(requests)])
    assert f"{123:040x}" in real_values(snapshot, "changesetId", 6)


def test_a_date_that_goes_back_is_one_by_more_than_clocks_differ() -> None:
    exports = [
        {"id": name, "lastModified": f"2025-06-01T12:00:{second:02d}Z"} for name, second in (("a", 30), ("b", 30))
    ]
    knowledge = Knowledge()
    knowledge.replace_snapshot(Snapshot(exports))
    behind = [
        exports[0] | {"lastModified": "2025-06-01T12:00:26Z"},
        exports[1] | {"lastModified": "2025-06-01T12:00:24Z"},
    ]
    assert knowledge.dated_back(Snapshot(exports)) == set()
    knowledge.replace_snapshot(Snapshot(behind))
    assert knowledge.dated_back(Snapshot(behind)) == {"b"}


def test_exchanges_are_counted_by_their_source() -> None:
    with serve(Settings(token=TOKEN, size=110)) as url:
        said = judge(url, "--seed", "1", "-k", "top_cuts or schema or whatever")
    exchanges = said.report["exchanges"]
    assert {"walk", "probe", "schemathesis", "hypothesis"} <= exchanges.keys()
    assert f"{exchanges['schemathesis']} schemathesis" in said.output
