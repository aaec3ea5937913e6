"""The suite is silent on every reading of the page that we accept."""

from __future__ import annotations

import pytest
from suite import TOKEN, judge

from conformance.mock import READINGS, Settings, serve

_TOO_LITTLE = {"empty": 4}


@pytest.mark.parametrize("name", READINGS)
def test_no_reading_is_found_at_fault(name: str) -> None:
    with serve(Settings(token=TOKEN, reading=READINGS[name])) as url:
        said = judge(url, "--seed", "3", "--fail-on", "should")
    assert said.with_outcome("violated") == set(), said.output
    assert said.code == _TOO_LITTLE.get(name, 0)
