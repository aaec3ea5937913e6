"""The known values of `ExportStatus`, a list that is not closed."""

from .._model import OpenEnum


class ExportStatus(OpenEnum):
    """How far the export has come.

    The known values are not a closed list: the service may name others.
    """

    NOT_STARTED = "NotStarted"
    IN_PROGRESS = "InProgress"
    COMPLETE = "Complete"
    INVALID = "Invalid"
