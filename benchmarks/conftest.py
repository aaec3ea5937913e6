"""Prints, after the run, each row beside the row that it is to be compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

ROWS = pytest.StashKey[list["Row"]]()


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

    def measure(self, benchmark: Any, what: Any, **row: Any) -> Any:
        """Measure a function, and add the median of its rounds as a row; give what the function gave."""
        rounds = row.pop("rounds", 60)
        result = benchmark.pedantic(what, rounds=rounds, warmup_rounds=max(1, rounds // 10), iterations=1)
        self.add(Row(value=benchmark.stats.stats.median, **row))
        return result


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Table:
    """The table of this run."""
    return Table(request.config.stash.setdefault(ROWS, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    rows = config.stash.get(ROWS, [])
    for group in dict.fromkeys(row.group for row in rows):
        terminalreporter.section(group, sep="-")
        values = {row.name: row.value for row in rows if row.group == group}
        for row in (row for row in rows if row.group == group):
            shown = f"{row.value * 1000:10.2f} ms" if row.unit == "s" else f"{row.value / 1e6:10.2f} MB"
            ratio = f"{row.value / values[row.base]:6.2f} x {row.base}" if row.base in values else ""
            terminalreporter.write_line(
                f"{row.name:44}{shown}  {ratio}{f'  (meant: {row.bound})' if row.bound else ''}"
            )
