"""The operation `getExport` as data, and the function that makes a call of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack
from uuid import UUID

from ..._call import Call, Operation, Parameter, member_reader
from ...models import (
    Export,
    ExportResponse,
)
from ...types import CallOptions

OPERATION = Operation(
    id="getExport",
    method="GET",
    path="/mesh-export/{id}",
    accept="application/vnd.bentley.itwin-platform.v1+json",
    success=(200,),
    parameters=(
        Parameter("id", "id", "path"),
        Parameter("cdn", "cdn", "query", integer=True),
    ),
)
READ: Callable[[bytes], Export] = member_reader(ExportResponse, "export")


def get_export(
    id: UUID | str,
    *,
    cdn: int | None = None,
    **options: Unpack[CallOptions],
) -> Call[Export]:
    """Make a call of `getExport`: Get an export.

    Nothing is sent. See https://developer.bentley.com/apis/mesh-export/ for the documentation.

    Args:
        id: The export's id. (Path: `id`)
        cdn: With 1, the links to tiles lead to a content delivery network. (Request parameters: `cdn`)
        **options: What holds for this call alone: see `CallOptions`.
    """
    return Call(
        operation=OPERATION,
        read=READ,
        arguments={
            "id": id,
            "cdn": cdn,
        },
        body=None,
        options=options,
    )
