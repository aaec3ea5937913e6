"""Which past runs a report has beside its own verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from conformance.history import Record, record
from conformance.report.schema import InvalidReportError, read

MOST: Final = 30
"""Past runs in a report: a month of nights."""


def latest(runs: Iterable[Record], target: str, before: datetime) -> list[Record]:
    """The last runs against a server that began before a moment, the oldest first."""
    earlier = [run for run in runs if run.target == target and datetime.fromisoformat(run.started) < before]
    return sorted(earlier, key=lambda run: run.started)[-MOST:]


def in_folders(parent: Path, target: str, before: datetime) -> list[Record]:
    """The same of the reports in the folders of a folder; what is no report is passed over."""
    # The names of the folders begin with the time of the run: there is no need to read those of last year.
    paths = sorted(parent.glob("*/report.json"))[-2 * MOST :]
    return latest((run for run in map(_run, paths) if run), target, before)


def _run(path: Path) -> Record | None:
    try:
        return record(read(path))
    except InvalidReportError:
        return None
