"""Neither the token, nor what was made from it, nor a signed link is in anything that the suite writes."""

from __future__ import annotations

import json

import pytest
from suite import TOKEN, judge

from conformance.mock import Settings, serve

REPEATING = ["token-in-one-mesh-link", "token-suffix-accepted", "mesh-link-missing-with-cdn", "auth-optional"]


@pytest.mark.parametrize("fault", REPEATING)
def test_nothing_that_is_written_holds_a_secret(fault: str) -> None:
    with serve(Settings(token=TOKEN, fault=fault)) as url:
        said = judge(url, "--seed", "1", "-k", "not whatever and not schema_generates")
    written = said.output + json.dumps(said.report, ensure_ascii=False)
    assert said.with_outcome("violated")
    for secret in (TOKEN, TOKEN[:-1], TOKEN[1:], TOKEN[::-1], TOKEN.swapcase(), "sig="):
        assert secret not in written
