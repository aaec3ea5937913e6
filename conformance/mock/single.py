"""The operations on a single export, which the documentation page does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import refusal
from .model import COLLECTION, Answer, Preference, Problem, Query
from .parameters import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .model import Call, Export


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


OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {"getExport": get_export}
"""What answers each of them."""
