"""The model `Error`."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from .._model import Model


class Error(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What went wrong."""

    code: str | None = None
    """One of a set of codes that the service defines."""

    message: str | None = None
    """The error in words, for people."""

    target: str | UnsetType | None = UNSET
    """What the error is about, such as a parameter's name."""
