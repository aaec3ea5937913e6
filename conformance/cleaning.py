"""Deletes what a run has started, and says what is left of it.

An export may take minutes, and many servers refuse to delete one that is not finished. So each is asked to go once, and
again when the list shows that it is finished: a server is waited for as long as there is patience, and no longer once
an export has shown that it does not end in time. What may be deleted at all is the endpoint's to say.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from conformance import spec
from conformance.account import BudgetSpentError
from conformance.collection import identity
from conformance.endpoint import UnsendableError
from conformance.run import Run

UNFINISHED: Final = frozenset({"NotStarted", "InProgress"})
"""The statuses of an export that has not come to its end."""
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
            _remove(run, run.living & run.refused - _unfinished(run))
        while run.living - run.stubborn and time.monotonic() + pause < end:
            time.sleep(pause)
            pause *= 2
            unfinished = _unfinished(run)
            _remove(run, run.living - unfinished)
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


def _remove(run: Run, ids: set[str]) -> None:
    for one in sorted(ids):
        run.remove(one)


def _unfinished(run: Run) -> set[str]:
    """What the list of the scratch iModel shows to be unfinished."""
    exchange = run.unjudged(run.scratch_list)
    return {identity(export) for export in exchange.exports if export.get("status") in UNFINISHED}
