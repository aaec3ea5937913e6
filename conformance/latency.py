"""How long answers took: a histogram for each class of status, which stays as small however long the run.

Measures nothing itself: who sends tells it.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from attrs import define, field

from conformance.exchange import Exchange

_PER_DECADE: Final = 10
"""Buckets between a time and ten times that: one is a quarter wider than the one before."""


@define
class Latencies:
    """Times of answers by the class of their status (`2xx`), or `none` where there was no answer.

    Attributes:
        buckets: Exchanges by class, then by bucket.
        largest: The longest time of each class, in milliseconds.
    """

    buckets: dict[str, Counter[int]] = field(factory=dict)
    largest: dict[str, float] = field(factory=dict)

    def add(self, exchange: Exchange) -> None:
        """Count the time of one exchange."""
        name = f"{exchange.status // 100}xx" if exchange.status else "none"
        milliseconds = exchange.elapsed * 1000
        self.buckets.setdefault(name, Counter())[_bucket(milliseconds)] += 1
        self.largest[name] = max(self.largest.get(name, 0.0), milliseconds)

    def merge(self, other: Latencies) -> None:
        """Count the times that another process had."""
        for name, counts in other.buckets.items():
            self.buckets.setdefault(name, Counter()).update(counts)
            self.largest[name] = max(self.largest.get(name, 0.0), other.largest[name])

    def histogram(self, name: str) -> list[tuple[float, int]]:
        """The buckets of a class, shortest first: the upper bound in milliseconds, and how many exchanges."""
        return [(upper_bound(bucket), count) for bucket, count in sorted(self.buckets[name].items())]

    def percentile(self, name: str, share: float) -> float:
        """The time in milliseconds within which this share of the answers of a class came; a bucket's width exact."""
        counts = self.buckets[name]
        wanted, seen = math.ceil(share * counts.total()), 0
        for bucket, count in sorted(counts.items()):
            seen += count
            if seen >= wanted:
                return min(upper_bound(bucket), self.largest[name])
        return self.largest[name]


def _bucket(milliseconds: float) -> int:
    return max(0, math.ceil(_PER_DECADE * math.log10(milliseconds))) if milliseconds > 1 else 0


def upper_bound(bucket: int) -> float:
    """The longest time that a bucket holds, in milliseconds."""
    return float(f"{10 ** (bucket / _PER_DECADE):.3g}")
