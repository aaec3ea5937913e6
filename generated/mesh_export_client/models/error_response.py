"""The model `ErrorResponse`."""

from __future__ import annotations

from .._model import Model
from ..models.detailed_error import DetailedError


class ErrorResponse(Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The body of a request that failed.

    Not every failure produces one, and any of its members may be null or missing: a client must not count on it.
    """

    error: DetailedError | None = None
    """What went wrong, with the details where there are several."""
