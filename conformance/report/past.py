"""Which past runs a report has beside its own verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from conformance.history import Record, record
from conformance.recurrence import LOOKED_BACK
from conformance.report.schema import InvalidReportError, read


def latest(runs: Iterable[Record], target: str, profile: str, before: datetime) -> list[Record]:
    """The last runs against a server by a profile that began before a moment, the oldest first."""
    earlier = [run for run in runs if run.comparable(target, profile) and datetime.fromisoformat(run.started) < before]
    return sorted(earlier, key=lambda run: run.started)[-LOOKED_BACK:]


def in_folders(parent: Path, target: str, profile: str, before: datetime) -> list[Record]:
    """The same of the reports in the folders of a folder; what is no report is passed over."""
    # The names of the folders begin with the time of the run: there is no need to read those of last year.
    paths = sorted(parent.glob("*/report.json"))[-4 * LOOKED_BACK :]
    return latest((run for run in map(_run, paths) if run), target, profile, before)


def _run(path: Path) -> Record | None:
    try:
        return record(read(path))
    except InvalidReportError:
        return None
