"""The model `ExportResponse`."""

from __future__ import annotations

from .._resource import Resource
from ..models.export import Export


class ExportResponse(Resource, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Response containing one export."""

    export: Export
    """The export, in full representation."""
