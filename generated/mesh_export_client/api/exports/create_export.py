"""The operation `createExport` as data, and the function that makes a call of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Literal, Unpack
from uuid import UUID

from ..._call import Call, Operation, body_of, member_reader
from ...models import (
    Export,
    ExportResponse,
    ExportType,
)
from ...types import CallOptions

OPERATION = Operation(
    id="createExport",
    method="POST",
    path="/mesh-export/",
    accept="application/vnd.bentley.itwin-platform.v1+json",
    success=(202,),
    parameters=(),
)
READ: Callable[[bytes], Export] = member_reader(ExportResponse, "export")


def create_export(
    *,
    imodel_id: UUID | str,
    changeset_id: str | None = None,
    export_type: ExportType | Literal["3DTiles", "3DTILES", "IMODEL", "CESIUM", "3DFT", "GLTF"] | str | None = None,
    last_modified: datetime.datetime | str | None = None,
    extra_body: Mapping[str, object] | None = None,
    **options: Unpack[CallOptions],
) -> Call[Export]:
    """Make a call of `createExport`: Start an export.

    Nothing is sent. See https://developer.bentley.com/apis/mesh-export/ for the documentation.

    Args:
        imodel_id: The iModel. (Request body: `iModelId`)
        changeset_id: The changeset. The page of the operation calls it required, and says that the latest
            is exported without it. (Request body: `changesetId`)
        export_type: What an export is made of. The known values are not a closed list: deployments differ,
            and some spell `3DTiles` as `3DTILES`. (Request body: `exportType`)
        last_modified: When what is asked for last changed. (Request body: `lastModified`)
        extra_body: Members to add to the body, by their names on the wire: what some deployments take and
            the documentation at hand does not name. One that is there already is replaced.
        **options: What holds for this call alone: see `CallOptions`.
    """
    return Call(
        operation=OPERATION,
        read=READ,
        arguments={},
        body=body_of(
            {
                "iModelId": imodel_id,
                "changesetId": changeset_id,
                "exportType": export_type,
                "lastModified": last_modified,
            },
            extra_body,
        ),
        options=options,
    )
