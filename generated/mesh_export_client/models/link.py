"""The model `Link`."""

from __future__ import annotations

from .._model import Model


class Link(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A link."""

    href: str
    """The URL."""
