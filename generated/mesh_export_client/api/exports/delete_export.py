"""The operation `deleteExport` as data, and the function that makes a call of it."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from ..._call import Call, Operation, Parameter, no_content
from ...types import CallOptions

OPERATION = Operation(
    id="deleteExport",
    method="DELETE",
    path="/mesh-export/{id}",
    accept="application/vnd.bentley.itwin-platform.v1+json",
    success=(204,),
    parameters=(Parameter("id", "id", "path"),),
)
READ = no_content


def delete_export(
    id: UUID | str,
    **options: Unpack[CallOptions],
) -> Call[None]:
    """Make a call of `deleteExport`: Delete an export.

    Nothing is sent. See https://developer.bentley.com/apis/mesh-export/ for the documentation.

    Args:
        id: The export's id. (Path: `id`)
        **options: What holds for this call alone: see `CallOptions`.
    """
    return Call(
        operation=OPERATION,
        read=READ,
        arguments={
            "id": id,
        },
        body=None,
        options=options,
    )
