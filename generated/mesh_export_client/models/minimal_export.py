"""The model `MinimalExport`."""

from __future__ import annotations

from uuid import UUID

from msgspec import field

from .._model import AwareDatetime, Model
from ..models.export_status import ExportStatus


class MinimalExport(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The minimal representation of an export (`return=minimal`)."""

    id: UUID
    """The export's identifier, the same for as long as the export lives."""

    display_name: str = field(name="displayName")
    """A name for people, usually the iModel's."""

    status: ExportStatus
    """How far the export has come.

    The known values are not a closed list: the service may name others.
    """

    last_modified: AwareDatetime = field(name="lastModified")
    """When the export last changed."""
