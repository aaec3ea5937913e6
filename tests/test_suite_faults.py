"""Each fault of the mock is seen, and named by the requirement that it violates.

A run narrowed to the requirement is enough here. Four faults of each MUST and two of each SHOULD are judged, and with
`FAULTS=all` in the environment every one. What a narrowed run cannot see stands in `faults.elsewhere.txt`, each with
the reason; `make prove` judges every fault by the whole profile.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from suite import narrowly
from test_suite_oracle import NEEDED_FOR

from conformance import ledger
from conformance.ledger import Level
from conformance.mock import FAULTS, Fault

ELSEWHERE = dict(
    line.split(": ", 1)
    for line in Path(__file__).with_name("faults.elsewhere.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
NAMED = [fault for name, fault in FAULTS.items() if name not in ELSEWHERE]
_ALL = os.environ.get("FAULTS") == "all"
_MOST = {Level.MUST: 4, Level.SHOULD: 2}


def _chosen() -> list[Fault]:
    """The first faults of each requirement, those before all that a check is needed for."""
    times: Counter[str] = Counter()
    chosen = []
    for fault in sorted(NAMED, key=lambda fault: fault.name not in NEEDED_FOR.values()):
        requirement = ledger.requirements()[fault.requirements[0]]
        times[requirement.id] += 1
        if _ALL or times[requirement.id] <= _MOST[requirement.level] or fault.name in NEEDED_FOR.values():
            chosen.append(fault)
    return chosen


def test_every_fault_that_is_left_out_is_there_and_has_a_reason() -> None:
    assert ELSEWHERE.keys() <= FAULTS.keys()
    assert all(reason.strip() for reason in ELSEWHERE.values())


def test_no_requirement_is_left_without_a_fault_that_names_it() -> None:
    assert {fault.requirements[0] for fault in NAMED} == {fault.requirements[0] for fault in FAULTS.values()}


def test_the_faults_that_checks_are_needed_for_are_all_judged() -> None:
    assert set(NEEDED_FOR.values()) <= {fault.name for fault in _chosen()}


@pytest.mark.parametrize("fault", _chosen(), ids=lambda fault: fault.name)
def test_fault_is_named_by_its_requirement(fault: Fault) -> None:
    said = narrowly(fault)
    assert said.with_outcome("violated") == {fault.requirements[0]}, said.output
    assert said.code == 1
