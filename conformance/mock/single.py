"""The operations on a single export, which the documentation page does not have."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

from .answers import refusal
from .data import SCRATCH_IMODEL, TYPES
from .model import COLLECTION, Answer, Export, Preference, Problem, Query
from .parameters import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .model import Call, Json

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CHANGESET = re.compile(r"([0-9a-fA-F]{40})?")
_WORD = re.compile(r"\w+")
UNFINISHED = ("NotStarted", "InProgress")
"""The statuses of what may not be deleted yet."""


def named(call: Call) -> Export | None:
    """The export that the path names, if there is one.

    Args:
        call: The call.
    """
    one = call.request.path.removeprefix(COLLECTION).partition("/")[0].lower()
    return next((export for export in call.stages.reach(call) if export.id.lower() == one), None)


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


def create_export(call: Call) -> Answer:
    """Start: the export, as it is at its beginning.

    Args:
        call: The call.
    """
    asked = body(call)
    problems = wrong(asked)
    if problems:
        return refusal(
            call, 422, Problem("InvalidMeshExportRequest", "Cannot create export job.", None), details=problems
        )
    model = model_of(call, asked)
    if model is None:
        return refusal(call, 404, Problem("IModelNotFound", "Requested iModel is not available.", None))
    return shown(call, 202, call.store.add(model, call.moment))


def body(call: Call) -> Json:
    """What the body asks for; nothing where it is no JSON object.

    Args:
        call: The call.
    """
    try:
        asked = json.loads(call.request.body or b"null")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def wrong(asked: Json) -> list[Problem]:
    """What is wrong with what is asked for.

    Args:
        asked: What the body asks for.
    """
    forms = {"iModelId": _UUID, "changesetId": _CHANGESET, "exportType": _WORD}
    return [
        Problem("InvalidRequestBody", f"{name} {'is invalid' if name in asked else 'cannot be empty'}.", name)
        for name, form in forms.items()
        if (name in asked or name == "iModelId") and not form.fullmatch(str(asked.get(name)))
    ]


def model_of(call: Call, asked: Json) -> Export | None:
    """An export as it is asked for; nothing where there is no such iModel.

    Args:
        call: The call.
        asked: What the body asks for.
    """
    imodel = asked["iModelId"].lower()
    others = [export for export in call.exports if export.imodel_id.lower() == imodel]
    if not others and imodel != SCRATCH_IMODEL:
        return None
    latest = max(others, key=lambda export: export.changeset_index, default=None)
    return Export(
        number=0,
        id="",
        display_name=latest.display_name if latest else "Scratch",
        status="",
        last_modified=datetime.min,
        imodel_id=imodel,
        changeset_id=str(asked.get("changesetId", latest.changeset_id if latest else "")).lower(),
        changeset_index=latest.changeset_index if latest else 0,
        export_type=str(asked.get("exportType", TYPES[0])),
        tile_version=(1,),
        itwinjs=(1,),
    )


OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {
    "getExport": get_export,
    "deleteExport": delete_export,
    "createExport": create_export,
}
"""What answers each of them."""
