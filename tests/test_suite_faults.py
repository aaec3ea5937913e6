"""Each fault of the mock is seen, and named by the requirement that it violates.

A run narrowed to the requirement is enough here. What such a run cannot see stands in `faults.elsewhere.txt`, each with
the reason; `make prove` judges every fault by the whole profile.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from attrs import evolve
from suite import narrowly
from test_suite_oracle import NEEDED_FOR

from conformance.mock import FAULTS, READINGS, Fault

ELSEWHERE = dict(
    line.split(": ", 1)
    for line in Path(__file__).with_name("faults.elsewhere.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
NAMED = [fault for name, fault in FAULTS.items() if name not in ELSEWHERE]
# Those whose runs wait stand beside one another in the mock: one process would wait for all of them.
random.Random(1).shuffle(NAMED)
FEW = evolve(READINGS["default"], size=40)
"""Little enough to be walked fast: most faults show themselves in so many."""


def test_every_fault_that_is_left_out_is_there_and_has_a_reason() -> None:
    assert ELSEWHERE.keys() <= FAULTS.keys()
    assert all(reason.strip() for reason in ELSEWHERE.values())


def test_no_requirement_is_left_without_a_fault_that_names_it() -> None:
    assert {fault.requirements[0] for fault in NAMED} == {fault.requirements[0] for fault in FAULTS.values()}


def test_the_faults_that_checks_are_needed_for_are_judged() -> None:
    assert ELSEWHERE.keys().isdisjoint(NEEDED_FOR.values())


@pytest.mark.parametrize("fault", NAMED, ids=lambda fault: fault.name)
def test_fault_is_named_by_its_requirement(fault: Fault) -> None:
    said = narrowly(fault, FEW)
    if not said.with_outcome("violated"):
        # Some take more exports to show themselves.
        said = narrowly(fault)
    assert said.with_outcome("violated") == {fault.requirements[0]}, said.output
    assert said.code == 1
