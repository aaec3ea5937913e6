"""What hypothesis draws: requests made of values that the endpoint itself returned, and the search for one that fails.

What a failing request breaks is said by whoever asks: the checks or the relations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import hypothesis
from hypothesis import strategies as st

from conformance import spec, values
from conformance.exchange import Request, encode
from conformance.knowledge import DEFAULT_TOP, LARGEST_TOP
from conformance.query import FILTERS
from conformance.run import FULL, Run

_MOST_TRIES: Final = 40
_ROOTS: Final = ("https://example.com", "https://api.example.com/root", "http://localhost:8080/x-1")
_PREFERENCES: Final = (
    *((), FULL, (("prefer", "return=minimal"),)),
    *((("Prefer", "respond-async, return=representation"),), (("prefer", 'wait=5, return="representation"'),)),
)


class _CounterexampleError(AssertionError):
    """A request breaks a requirement that no earlier one broke."""


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
    limits = (DEFAULT_TOP - 1, DEFAULT_TOP, DEFAULT_TOP + 1, LARGEST_TOP - 1, LARGEST_TOP)
    tops = [top for top in limits if top <= LARGEST_TOP]
    parameters = {
        **filters,
        "$top": st.one_of(st.integers(1, 20), st.sampled_from(tops)).map(str),
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
    path = spec.bare_path() if bare else spec.collection_path()
    return Request(query, headers, path=path)


def counterexample(
    requests: st.SearchStrategy[Request],
    broken_by: Callable[[Request], set[str]],
    *,
    seed: int,
    examples: int,
) -> set[str]:
    """Have hypothesis look for a request that breaks something, and shrink it.

    Args:
        requests: What to draw from.
        broken_by: The requirements that a request breaks; called once for each request. It may call
            `hypothesis.reject` for one that it has no use for.
        seed: Seed of what is drawn.
        examples: How many requests to draw.

    Returns:
        The requirements that the requests were seen to break; empty where none did.
    """
    broken: dict[Request, set[str]] = {}
    tries = 0

    def agrees(request: Request) -> None:
        nonlocal tries
        if request not in broken:
            tries += any(broken.values())
            broken[request] = set() if tries > _MOST_TRIES else broken_by(request)
        if broken[request]:
            raise _CounterexampleError(", ".join(sorted(broken[request])))

    check = hypothesis.settings(
        max_examples=examples,
        verbosity=hypothesis.Verbosity.quiet,
        report_multiple_bugs=False,
    )(hypothesis.seed(seed)(hypothesis.given(requests)(agrees)))
    try:
        check()
    except (_CounterexampleError, hypothesis.errors.Flaky):
        return set().union(*broken.values())
    except hypothesis.errors.Unsatisfiable:
        pass
    return set()
