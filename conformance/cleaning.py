"""Deletes what a run has started, and says what is left of it.

An export may take minutes, and many servers refuse to delete one that is not finished. So each is asked to go once, and
again when the list shows that it is finished: a server is waited for as long as there is patience, and no longer once
an export has shown that it does not end in time. What may be deleted at all is the endpoint's to say.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from conformance import spec
from conformance.account import BudgetSpentError
from conformance.collection import identity
from conformance.exchange import Exchange
from conformance.receiving import UnsendableError
from conformance.run import Run

UNFINISHED: Final = frozenset({"NotStarted", "InProgress"})
"""The statuses of an export that has not come to its end."""
FINISHED: Final = frozenset({"Complete", "Invalid"})
"""The statuses of an export that has come to its end."""
_NO_SAY: Final = frozenset({401, 403, 429})
"""Statuses that say nothing of the export."""
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_PATIENCE: Final = 10.0
_FIRST_PAUSE: Final = 0.25
_MOST_NAMED: Final = 5


def clean_up(run: Run) -> None:
    """Delete what is left of what this run has started."""
    living = run.living
    end = time.monotonic() + (0 if run.slow else _PATIENCE)
    pause = _FIRST_PAUSE
    with suppress(BudgetSpentError, UnsendableError), run.endpoint.cleaning_up():
        _remove(run, living - run.refused)
        if living & run.refused:
            statuses = _statuses(run)
            _remove(run, run.living & run.refused - _unfinished(statuses), statuses)
        while run.living - run.stubborn and time.monotonic() + pause < end:
            time.sleep(pause)
            pause *= 2
            statuses = _statuses(run)
            unfinished = _unfinished(statuses)
            _remove(run, run.living - unfinished, statuses)
            run.slow = bool(run.living & unfinished)
    run.stubborn = run.living


def left_behind(run: Run) -> list[str]:
    """One line on what could not be deleted, and what to do about it; none where nothing is left."""
    left = sorted(run.living)
    if not left:
        return []
    number = "1 export" if len(left) == 1 else f"{len(left)} exports"
    more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
    why = "not finished in the time that a run waits" if run.slow else "the server would not delete them"
    return [
        f"Left behind in the scratch iModel {run.scratch}, {why}: {number} that this run started "
        f"({', '.join(left[:_MOST_NAMED])}{more}). Once they are Complete or Invalid, delete each: "
        f"DELETE {spec.operations()['deleteExport'].path}."
    ]


def note_refusal(run: Run, exchange: Exchange, status: str) -> None:
    """Hold it against a server that it has not deleted an export which had come to its end.

    Args:
        run: The run, whose own the export is.
        exchange: The exchange of the deletion.
        status: The status of the export.
    """
    if 0 < exchange.status < 500 and exchange.status not in _NO_SAY:
        run.broke("life-deleted", exchange, f"status {exchange.status} for an export that is {status}")


def _remove(run: Run, ids: set[str], statuses: Mapping[str, str] = _NOTHING) -> None:
    """Delete exports; that one which had come to its end is refused again is a fault of the server."""
    for one in sorted(ids):
        exchange = run.remove(one)
        status = statuses.get(one, "")
        if status in FINISHED and one in run.living:
            note_refusal(run, exchange, status)


def _statuses(run: Run) -> dict[str, str]:
    """The statuses that the list of the scratch iModel shows."""
    return {identity(export): str(export.get("status")) for export in run.unjudged(run.scratch_list).exports}


def _unfinished(statuses: Mapping[str, str]) -> set[str]:
    return {one for one, status in statuses.items() if status in UNFINISHED}
