"""Which past runs a report has beside its own verdict."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from conformance.history import Record, record
from conformance.report.schema import InvalidReportError, read

MOST: Final = 30
"""Past runs in a report: a month of nights."""


def latest(runs: Iterable[Record], target: str) -> list[Record]:
    """The last runs against a server, the oldest first."""
    return sorted((run for run in runs if run.target == target), key=lambda run: run.started)[-MOST:]


def in_folders(parent: Path, target: str) -> list[Record]:
    """The last runs against a server whose reports are in folders of a folder; what is no report is passed over."""
    # The names of the folders begin with the time of the run: there is no need to read those of last year.
    paths = sorted(parent.glob("*/report.json"))[-2 * MOST :]
    return latest((run for run in map(_run, paths) if run), target)


def _run(path: Path) -> Record | None:
    try:
        return record(read(path))
    except InvalidReportError:
        return None
