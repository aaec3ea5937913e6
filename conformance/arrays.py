"""Orthogonal arrays: which parts stand together in a few requests, so that every few of them meet.

What the parts are is the business of the probes.
"""

from __future__ import annotations

from collections.abc import Iterator

_ORDER = 11


def any_three_of_twelve() -> Iterator[tuple[bool, ...]]:
    """Which of twelve parts are there in each of 24 requests: any three of them come in all eight ways.

    The rows of Paley's Hadamard matrix of order 12 and their opposites, an orthogonal array of strength 3.
    """
    squares = {number * number % _ORDER for number in range(1, _ORDER)}
    rows = [(True,) * (_ORDER + 1)]
    rows += [(False, *((column - row) % _ORDER in squares for column in range(_ORDER))) for row in range(_ORDER)]
    for row in rows:
        yield row
        yield tuple(not part for part in row)
