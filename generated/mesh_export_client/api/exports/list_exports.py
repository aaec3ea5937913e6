"""The operation `listExports` as data, and the function that makes a call of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack
from uuid import UUID

from ..._call import Call, Operation, Parameter, reader
from ..._paging import Paging
from ...models import (
    Export,
    ExportListResponse,
    ExportType,
)
from ...types import CallOptions

OPERATION = Operation(
    id="listExports",
    method="GET",
    path="/mesh-export/",
    accept="application/vnd.bentley.itwin-platform.v1+json",
    success=(200,),
    parameters=(
        Parameter("imodel_id", "iModelId", "query"),
        Parameter("changeset_id", "changesetId", "query"),
        Parameter("top", "$top", "query", integer=True, maximum=1000),
        Parameter("skip", "$skip", "query", integer=True),
        Parameter("order_by", "$orderBy", "query", enum=("date:asc", "date:desc")),
        Parameter("cdn", "cdn", "query", integer=True),
        Parameter("tile_version", "tileVersion", "query"),
        Parameter("export_type", "exportType", "query"),
        Parameter("itwin_js", "iTwinJS", "query"),
        Parameter(
            "representation",
            "prefer",
            "header",
            spellings={"full": "return=representation", "minimal": "return=minimal"},
        ),
        Parameter("api_host_and_root", "x-api-host-and-root", "header"),
    ),
)
READ = reader(ExportListResponse)


def _items(page: ExportListResponse) -> Sequence[Export]:
    return page.exports


def _next_link(page: ExportListResponse) -> str | None:
    return page.links.next_.href if page.links.next_ else None


PAGING = Paging(_items, _next_link)


def list_exports(
    *,
    imodel_id: UUID | str | None = None,
    changeset_id: str | None = None,
    top: int | None = None,
    skip: int | None = None,
    order_by: Literal["date:asc", "date:desc"] | str | None = None,
    cdn: int | None = None,
    tile_version: str | None = None,
    export_type: ExportType | Literal["3DTiles", "3DTILES", "IMODEL", "CESIUM", "3DFT", "GLTF"] | str | None = None,
    itwin_js: str | None = None,
    representation: Literal["minimal", "full"] | str | None = None,
    api_host_and_root: str | None = None,
    **options: Unpack[CallOptions],
) -> Call[ExportListResponse]:
    """Make a call of `listExports`: List exports.

    Nothing is sent. See https://developer.bentley.com/apis/mesh-export/ for the documentation.

    Args:
        imodel_id: Only the exports of this iModel, as far as the user may read it. (Request parameters:
            `iModelId`)
        changeset_id: Only the exports of this changeset, which 40 hexadecimal digits identify. (Request
            parameters: `changesetId`)
        top: The number of exports on a page. The page's examples have 100 where none was asked for. 1000 at
            most. (Request parameters: `$top`)
        skip: The number of exports of the selection to leave out before the page begins. (Request
            parameters: `$skip`)
        order_by: Order by `lastModified`, ascending or descending. There is no other order for now.
            (Request parameters: `$orderBy`)
        cdn: With 1, the links to tiles lead to a content delivery network. (Request parameters: `cdn`)
        tile_version: Only the exports that a viewer of this tile version can show ("compatible with", not
            "equal to"). (Request parameters: `tileVersion`)
        export_type: Only the exports of this type. (Request parameters: `exportType`)
        itwin_js: Only the exports that a viewer built with this iTwin.js version can show ("compatible
            with", not "equal to"). (Request parameters: `iTwinJS`)
        representation: `return=minimal` (which is what comes without this header) or
            `return=representation`. Written as RFC 7240 has it, beside other preferences if need be. Write
            minimal for return=minimal, full for return=representation; other text is sent as it is. (Request
            headers: `prefer`)
        api_host_and_root: The prefix, scheme and host and root path, that the links of the list begin with.
            (Request headers: `x-api-host-and-root`)
        **options: What holds for this call alone: see `CallOptions`.
    """
    return Call(
        operation=OPERATION,
        read=READ,
        arguments={
            "imodel_id": imodel_id,
            "changeset_id": changeset_id,
            "top": top,
            "skip": skip,
            "order_by": order_by,
            "cdn": cdn,
            "tile_version": tile_version,
            "export_type": export_type,
            "itwin_js": itwin_js,
            "representation": representation,
            "api_host_and_root": api_host_and_root,
        },
        body=None,
        options=options,
    )
