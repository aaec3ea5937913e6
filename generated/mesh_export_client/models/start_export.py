"""The model `StartExport`."""

from __future__ import annotations

from uuid import UUID

from msgspec import field

from .._model import AwareDatetime, Model
from ..models.export_type import ExportType


class StartExport(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What to export."""

    imodel_id: UUID = field(name="iModelId")
    """The iModel."""

    changeset_id: str | None = field(name="changesetId", default=None)
    """The changeset.

    The page of the operation calls it required, and says that the latest is exported without it.
    """

    export_type: ExportType | None = field(name="exportType", default=None)
    """What an export is made of.

    The known values are not a closed list: deployments differ, and some spell `3DTiles` as `3DTILES`.
    """

    last_modified: AwareDatetime | None = field(name="lastModified", default=None)
    """When what is asked for last changed."""
