"""The model `Export`."""

from __future__ import annotations

from uuid import UUID

from msgspec import field

from .._links import with_path_suffix
from .._model import AwareDatetime
from .._resource import Resource
from ..models.export_links import ExportLinks
from ..models.export_request import ExportRequest
from ..models.export_status import ExportStatus


class Export(Resource, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An export.

    The members beyond `MinimalExport` belong to the full representation (`return=representation`) and are absent
    from the minimal one.
    """

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

    request: ExportRequest | None = None
    """What the export was asked to be made from.

    Only in the full representation.
    """

    links: ExportLinks | None = field(name="_links", default=None)
    """Where the export's results are.

    Only in the full representation of a complete export.
    """

    @property
    def mesh_url(self) -> str | None:
        """The signed URL of the tiles' container, or `None` while there is no mesh link.

        It is valid for an hour and is itself a secret: whoever has it can read the tiles.
        """
        return self.links.mesh.href if self.links and self.links.mesh else None

    @property
    def tileset_url(self) -> str | None:
        """The signed URL of `tileset.json` among the tiles, or `None` while there is no mesh link.

        It is valid for an hour and is itself a secret: whoever has it can read the tiles.
        """
        return with_path_suffix(self.mesh_url, "/tileset.json") if self.mesh_url else None
