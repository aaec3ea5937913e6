"""Readings of the page composed at random, by hypothesis: what a conforming server may be like.

Which freedoms there are is said where a reading is defined.
"""

from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis import strategies as st

from conformance.mock.reading import Reading, choices

# What changes the size of the collection, the time it takes or whether it stands still is drawn only on request.
_CALM = {"stage_seconds", "size", "rate", "rate_window", "moves_per_request", "moves_per_second", "renames", "pins"}
_FREE: dict[str, st.SearchStrategy[Any]] = {
    # Little can go wrong with a few exports.
    "size": st.sampled_from([250, 250, 120, 99, 100, 101, 1001, 1001, 2, 1, 0]),
    "rate": st.sampled_from([0, 0, 0, 200]),
    "rate_window": st.just(1.0),
    "stage_seconds": st.just(0.2),
    "moves_per_request": st.sampled_from([0.0, 0.01, 0.04]),
    "moves_per_second": st.sampled_from([0.0, 0.5]),
    "link_host": st.sampled_from(["", "https://api.bentley.com", "http://10.0.0.7:8080", "https://edge.example.com"]),
    "target_limit": st.sampled_from([60_000, 8_000, 1_100]),
    "header_limit": st.sampled_from([60_000, 8_000, 4_000]),
}


def readings(*, calm: bool = True) -> st.SearchStrategy[Reading]:
    """Readings that choose each freedom by itself.

    Args:
        calm: Leave the size of the collection, the rate limit and the movement as they are.
    """
    freedoms = {
        name: _FREE[name] if name in _FREE else st.sampled_from(values)
        for name, values in choices().items()
        if not (calm and name in _CALM)
    }
    return st.builds(Reading, **freedoms)


def compositions(count: int, seed: int, *, calm: bool = False) -> list[Reading]:
    """Readings composed at random, the same for the same seed.

    Args:
        count: How many.
        seed: What they are drawn by.
        calm: Leave the size of the collection, the rate limit and the movement as they are.
    """
    drawn: list[Reading] = []

    @hypothesis.settings(max_examples=count, phases=[hypothesis.Phase.generate], database=None, deadline=None)
    @hypothesis.seed(seed)
    @hypothesis.given(readings(calm=calm))
    def draw(reading: Reading) -> None:
        drawn.append(reading)

    draw()
    return drawn
