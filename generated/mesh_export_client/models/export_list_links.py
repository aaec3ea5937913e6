"""The model `ExportListLinks`."""

from __future__ import annotations

from msgspec import field

from .._model import Model
from ..models.link import Link


class ExportListLinks(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The links of a page of the list."""

    self_: Link = field(name="self")
    """This page."""

    next_: Link | None = field(name="next", default=None)
    """The next page.

    Absent from the last one.
    """

    prev: Link | None = None
    """The page before.

    Not every service sends it.
    """
