"""The model `DetailedError`."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from .._model import Model
from ..models.error import Error


class DetailedError(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What went wrong, with the details where there are several."""

    code: str | None = None
    """One of a set of codes that the service defines."""

    message: str | None = None
    """The error in words, for people."""

    target: str | UnsetType | None = UNSET
    """What the error is about, such as a parameter's name."""

    details: tuple[Error, ...] | None = None
    """One error for each thing that is wrong, such as each invalid parameter."""
