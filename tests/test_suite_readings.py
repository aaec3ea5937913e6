"""The suite is silent on every reading of the page that we accept."""

from __future__ import annotations

import pytest
from plain_server import serving
from suite import TOKEN, judge

from conformance.mock import READINGS, Settings, serve

_TOO_LITTLE = {"empty": 4}


@pytest.mark.parametrize("name", READINGS)
def test_no_reading_is_found_at_fault(name: str) -> None:
    with serve(Settings(token=TOKEN, reading=READINGS[name])) as url:
        said = judge(url, "--seed", "3", "--fail-on", "should")
    assert said.with_outcome("violated") == set(), said.output
    assert said.code == _TOO_LITTLE.get(name, 0)


@pytest.mark.parametrize(("size", "protocol"), [(250, "HTTP/1.0"), (30, "HTTP/1.1"), (1500, "HTTP/1.1")])
def test_a_conforming_server_of_another_make_is_not_found_at_fault(size: int, protocol: str) -> None:
    with serving(size, TOKEN, protocol) as url:
        said = judge(url, "--seed", "4", "--fail-on", "should")
    assert said.with_outcome("violated") == set(), said.output
    assert said.code == 0
