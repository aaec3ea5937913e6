"""The known values of `ExportStatus`, a list that is not closed."""

from __future__ import annotations

from typing import ClassVar

from .._open_enum import OpenEnum, known


class ExportStatus(OpenEnum):
    """How far the export has come.

    The known values are not a closed list: the service may name others.
    """

    NOT_STARTED: ClassVar[ExportStatus] = known("NotStarted")
    IN_PROGRESS: ClassVar[ExportStatus] = known("InProgress")
    COMPLETE: ClassVar[ExportStatus] = known("Complete")
    INVALID: ClassVar[ExportStatus] = known("Invalid")
