"""The model `ExportRequest`."""

from __future__ import annotations

from uuid import UUID

from msgspec import field

from .._model import AwareDatetime, Model
from ..models.export_type import ExportType


class ExportRequest(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the export was asked to be made from.

    Only in the full representation.
    """

    imodel_id: UUID = field(name="iModelId")
    """The iModel that was exported."""

    changeset_id: str = field(name="changesetId")
    """The changeset that was exported, 40 hexadecimal digits; empty for an iModel that has none yet."""

    export_type: ExportType = field(name="exportType")
    """What an export is made of.

    The known values are not a closed list: deployments differ, and some spell `3DTiles` as `3DTILES`.
    """

    last_modified: AwareDatetime | None = field(name="lastModified", default=None)
    """When the request last changed.

    Not every deployment sends it.
    """
