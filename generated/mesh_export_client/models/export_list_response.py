"""The model `ExportListResponse`."""

from __future__ import annotations

from msgspec import field

from .._resource import Resource
from ..models.export import Export
from ..models.export_list_links import ExportListLinks


class ExportListResponse(Resource, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A page of the list, its exports in minimal or full representation as the `prefer` header asks."""

    exports: tuple[Export, ...]
    """The exports of this page."""

    links: ExportListLinks = field(name="_links")
    """The links of a page of the list."""
