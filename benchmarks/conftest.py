"""Prints, after the run, each row beside the row that it is to be compared with."""

from __future__ import annotations

import pytest
from rows import Row, Table

ROWS = pytest.StashKey[list[Row]]()


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
