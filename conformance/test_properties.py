"""Property-based probes: hypothesis draws requests from what the endpoint itself returned.

The one property is the oracle: a list must agree with the walk, whatever is combined. Requests that were answered
before are not sent again, so that shrinking costs little.
"""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import strategies as st

from conformance.exchange import Request
from conformance.options import Settings
from conformance.receiving import UnsendableError
from conformance.run import Run
from conformance.strategies import counterexample, invalid_requests, valid_requests

_EXAMPLES: Final = 30
_EXAMPLES_LATER: Final = 150
"""Examples of each turn after the first: a full run begins as a quick one does, and finds what that finds."""
_ROUNDS: Final = 2


@pytest.mark.requirements(
    "filters-combine",
    "imodelid-only",
    "imodelid-complete",
    "changesetid-only",
    "changesetid-complete",
    "exporttype-only",
    "exporttype-complete",
    "orderby-asc",
    "orderby-desc",
    "orderby-complete",
    "orderby-steady",
    "skip-leaves-out",
    "top-fills",
    "top-limits",
    "prefer-same-data",
    "root-links-only",
    "root-prefix",
    "cdn-links-only",
    "cdn-urls",
    "links-keep-query",
    "links-next-page",
    "links-prev-page",
    "links-next-present",
    "tileversion-combines",
    "itwinjs-combines",
    "list-steady",
    "names-percent-encoded",
    "path-without-slash",
)
def test_whatever_is_combined_agrees_with_the_walk(run: Run, settings: Settings, turn: int) -> None:
    _look_for_counterexamples(run, settings.seed + turn * _ROUNDS, turn, valid_requests(run))


@pytest.mark.requirements(
    "unprocessable-every-parameter",
    "unprocessable-detail-target",
    "status-no-server-error",
    "status-documented",
    "top-maximum",
    "top-number",
    "skip-number",
    "imodelid-invalid",
    "changesetid-invalid",
    "orderby-unsupported",
)
def test_whatever_is_wrong_is_refused_as_the_page_says(run: Run, settings: Settings, turn: int) -> None:
    _look_for_counterexamples(run, settings.seed + turn * _ROUNDS, turn, invalid_requests(run))


def _look_for_counterexamples(run: Run, seed: int, turn: int, requests: st.SearchStrategy[Request]) -> None:
    """Let hypothesis look for an exchange that breaks a requirement, shrink it, and look on for another."""
    known = {name for name, tally in run.tallies.items() if tally.broken}

    def broken_by(request: Request) -> set[str]:
        return _broken_by(run, request) - known

    examples = _EXAMPLES_LATER if turn else _EXAMPLES
    for number in range(_ROUNDS):
        found = counterexample(requests, broken_by, seed=seed + number, examples=examples)
        if not found:
            return
        known |= found


def _broken_by(run: Run, request: Request) -> set[str]:
    if run.has_sent(request):
        return set()
    with run.source("hypothesis"):
        try:
            exchange = run.send(request)
        except UnsendableError:
            return set()
    return {each.observation.requirement for each in run.suspicions if each.exchange is exchange}
