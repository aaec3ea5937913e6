"""The model `ExportLinks`."""

from __future__ import annotations

from .._model import Model
from ..models.link import Link


class ExportLinks(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Where the export's results are.

    Only in the full representation of a complete export.
    """

    mesh: Link | None = None
    """The container of the tiles, with a signed query that is valid for one hour and is itself a secret.

    The tileset is found by inserting `/tileset.json` at the end of the path, before the query.
    """
