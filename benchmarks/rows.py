"""The rows of a measurement, each to be compared with another of its group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Row:
    """What was measured.

    Attributes:
        group: What is compared.
        name: The row's name.
        value: The median, in seconds or bytes.
        unit: `s` or `B`.
        base: The name of the row of the group that it is compared with; empty for that row itself.
        bound: What the ratio is meant to stay below, for the reader; nothing fails by it.
    """

    group: str
    name: str
    value: float
    unit: str = "s"
    base: str = ""
    bound: str = ""


class Table:
    """Takes rows as they are measured."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def add(self, row: Row) -> None:
        """Add a row."""
        self._rows.append(row)

    def measure(self, benchmark: Any, what: Callable[[], Any], **row: Any) -> Any:
        """Measure a function, and add the median of its rounds as a row; give what the function gave."""
        rounds = row.pop("rounds", 60)
        result = benchmark.pedantic(what, rounds=rounds, warmup_rounds=max(1, rounds // 10), iterations=1)
        self.add(Row(value=benchmark.stats.stats.median, **row))
        return result
