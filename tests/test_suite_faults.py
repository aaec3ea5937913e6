"""Each fault of the mock is seen, and named by the requirement that it violates."""

from __future__ import annotations

import pytest
from suite import TOKEN, judge

from conformance.mock import FAULTS, Fault, Settings, serve


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_fault_is_named_by_its_requirement(fault: Fault) -> None:
    requirement = fault.requirements[0]
    with serve(Settings(token=TOKEN, fault=fault.name)) as url:
        said = judge(url, "--seed", "1", "--fail-on", "should", "--requirement", requirement)
    assert said.with_outcome("violated") == {requirement}, said.output
    assert said.code == 1
