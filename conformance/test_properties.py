"""Property-based probes: hypothesis draws requests from what the endpoint itself returned.

The one property is the oracle: a list must agree with the walk, whatever is combined. Requests that were answered
before are not sent again, so that shrinking costs little.
"""

from __future__ import annotations

from typing import Final

import hypothesis
import pytest
from hypothesis import strategies as st

from conformance import spec, values
from conformance.endpoint import UnsendableError
from conformance.exchange import Request, encode
from conformance.options import Settings
from conformance.query import FILTERS
from conformance.run import FULL, LARGEST_TOP, Run

_EXAMPLES: Final = {"quick": 55, "full": 1500}
_ROUNDS: Final = {"quick": 2, "full": 5}
_MOST_TRIES: Final = 40
_ROOTS: Final = ("https://example.com", "https://api.example.com/root", "http://localhost:8080/x-1")
_PREFERENCES: Final = (
    *((), FULL, (("prefer", "return=minimal"),)),
    *((("Prefer", "respond-async, return=representation"),), (("prefer", 'wait=5, return="representation"'),)),
)


class _CounterexampleError(AssertionError):
    """An exchange breaks a requirement that no earlier one broke."""


def valid_requests(run: Run) -> st.SearchStrategy[Request]:
    """Requests whose every parameter is valid here, drawn from what the collection has."""
    snapshot = run.knowledge.snapshot
    size = len(snapshot.exports) if snapshot else 0
    near = [count for count in (size - 1, size, size + 1, size // 2) if count >= 0]
    filters = {
        name: st.sampled_from([*found, *values.alike(found[0])] if name != "exportType" else found)
        for name in FILTERS
        if (found := values.real_values(snapshot, name, 8))
    }
    parameters = {
        **filters,
        "$top": st.one_of(st.integers(1, 20), st.sampled_from([99, 100, 101, 999, LARGEST_TOP])).map(str),
        "$skip": st.one_of(st.integers(0, 20), st.sampled_from([99, 100, 101, *near])).map(str),
        "$orderBy": st.sampled_from(["date:asc", "date:desc"]),
        "cdn": st.sampled_from(["0", "1"]),
        "tileVersion": st.sampled_from(["37", "1", "30"]),
        "iTwinJS": st.sampled_from(["5.13.3", "1.0.0"]),
    }
    queries = st.fixed_dictionaries({}, optional=parameters).flatmap(
        lambda chosen: st.permutations(list(chosen.items()))
    )
    return st.builds(
        _request,
        queries,
        st.sampled_from(_PREFERENCES),
        st.one_of(st.none(), st.sampled_from(_ROOTS)),
        st.booleans(),
        st.booleans(),
    )


def invalid_requests(run: Run) -> st.SearchStrategy[Request]:
    """Requests with one invalid value and more, among valid ones."""
    snapshot = run.knowledge.snapshot
    anything = {
        name: st.sampled_from(
            [
                values.plain_value(snapshot, name),
                *values.INVALID.get(name, ()),
                *(v for v in values.FREE[name] if len(v) < 100),
            ]
        )
        for name in spec.parameters("query")
    }
    queries = st.fixed_dictionaries({}, optional=anything).flatmap(lambda chosen: st.permutations(list(chosen.items())))
    return st.builds(_request, queries, st.sampled_from(_PREFERENCES), st.none(), st.booleans(), st.booleans())


def _request(
    pairs: list[tuple[str, str]], preference: tuple[tuple[str, str], ...], root: str | None, escaped: bool, bare: bool
) -> Request:
    headers = (*preference, *((("x-api-host-and-root", root),) if root else ()))
    query = encode(pairs).replace("$", "%24") if escaped else encode(pairs)
    path = spec.collection_path().rstrip("/") if bare else spec.collection_path()
    return Request(query, headers, path=path)


@pytest.mark.requirements(
    *("filters-combine", "imodelid-only", "imodelid-complete", "changesetid-only", "changesetid-complete"),
    *("exporttype-only", "exporttype-complete", "orderby-asc", "orderby-desc", "orderby-complete", "orderby-steady"),
    *("skip-leaves-out", "top-fills", "top-limits", "prefer-same-exports", "root-links-only", "root-prefix"),
    *("cdn-links-only", "cdn-urls", "links-keep-query", "links-next-page", "links-prev-page", "links-next-present"),
    *("tileversion-combines", "itwinjs-combines", "list-steady", "names-percent-encoded", "path-without-slash"),
)
def test_whatever_is_combined_agrees_with_the_walk(run: Run, settings: Settings) -> None:
    _look_for_counterexamples(run, settings, valid_requests(run))


@pytest.mark.requirements(
    *("unprocessable-every-parameter", "unprocessable-detail-target", "status-no-server-error", "status-documented"),
    *("top-maximum", "top-number", "skip-number", "imodelid-invalid", "changesetid-invalid", "orderby-unsupported"),
)
def test_whatever_is_wrong_is_refused_as_the_page_says(run: Run, settings: Settings) -> None:
    _look_for_counterexamples(run, settings, invalid_requests(run))


def _look_for_counterexamples(run: Run, settings: Settings, requests: st.SearchStrategy[Request]) -> None:
    """Let hypothesis look for an exchange that breaks a requirement, shrink it, and look on for another."""
    known = {name for name, tally in run.tallies.items() if tally.broken}
    for number in range(_ROUNDS[settings.profile]):
        found = _counterexample(run, settings, requests, known, number)
        if not found:
            return
        known |= found


def _counterexample(
    run: Run, settings: Settings, requests: st.SearchStrategy[Request], known: set[str], number: int
) -> set[str]:
    broken: dict[Request, set[str]] = {}
    tries = 0

    def agrees(request: Request) -> None:
        nonlocal tries
        if request not in broken:
            tries += any(broken.values())
            broken[request] = set() if tries > _MOST_TRIES else _broken_by(run, request) - known
        if broken[request]:
            raise _CounterexampleError(", ".join(sorted(broken[request])))

    check = hypothesis.settings(
        max_examples=_EXAMPLES[settings.profile],
        verbosity=hypothesis.Verbosity.quiet,
        report_multiple_bugs=False,
    )(hypothesis.seed(settings.seed + number)(hypothesis.given(requests)(agrees)))
    try:
        check()
    except (_CounterexampleError, hypothesis.errors.Flaky):
        return set().union(*broken.values())
    return set()


def _broken_by(run: Run, request: Request) -> set[str]:
    if run.has_sent(request):
        return set()
    with run.source("hypothesis"):
        try:
            exchange = run.send(request)
        except UnsendableError:
            return set()
    return {each.observation.requirement for each in run.suspicions if each.exchange is exchange}
