"""The operations on a single export, which the documentation page does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import refusal
from .model import COLLECTION, Answer, Preference, Problem, Query
from .parameters import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .model import Call, Export

UNFINISHED = ("NotStarted", "InProgress")
"""The statuses of what may not be deleted yet."""


def named(call: Call) -> Export | None:
    """The export that the path names, if there is one.

    Args:
        call: The call.
    """
    one = call.request.path.removeprefix(COLLECTION).lower()
    return next((export for export in call.exports if export.id.lower() == one), None)


def missing(call: Call) -> Answer:
    """What an id gets that no export has.

    Args:
        call: The call.
    """
    return refusal(call, 404, Problem("ExportNotFound", "Requested export is not available.", None))


def shown(call: Call, status: int, export: Export) -> Answer:
    """An answer with one export, in full representation.

    Args:
        call: The call.
        status: The status.
        export: The export.
    """
    query = Query(given={}, values={"cdn": ("cdn", "1") in list(pairs(call.request.query))})
    return Answer(status, {"export": call.stages.represent(call, query, Preference(full=True), export)})


def get_export(call: Call) -> Answer:
    """Get: the export.

    Args:
        call: The call.
    """
    export = named(call)
    return missing(call) if export is None else shown(call, 200, export)


def delete_export(call: Call) -> Answer:
    """Delete: nothing, once the export is gone.

    Args:
        call: The call.
    """
    export = named(call)
    if export is None:
        return missing(call)
    if export.status in UNFINISHED and call.reading.delete_unfinished == "refuse":
        return refusal(call, 409, Problem("ExportInProgress", "The export is not finished.", None))
    call.store.remove(export)
    return Answer(204)


OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {"getExport": get_export, "deleteExport": delete_export}
"""What answers each of them."""
