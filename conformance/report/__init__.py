"""What came of a run, in the forms that people and programs read.

`document` turns the verdict into plain data, once, redacted; every other form is made from that data alone, so that
it can be made again from `report.json`. What the verdict is was decided before.
"""

from conformance.report.document import Budget, Facts, document
from conformance.report.folder import write
from conformance.report.github import tell_github
from conformance.report.past import in_folders, latest
from conformance.report.schema import SCHEMA, VERSION, InvalidReportError, read, validate
from conformance.report.shown import GOING_ON, INTERRUPTED, STOPPED
from conformance.report.terminal import print_verdict

__all__ = [
    "GOING_ON",
    "INTERRUPTED",
    "SCHEMA",
    "STOPPED",
    "VERSION",
    "Budget",
    "Facts",
    "InvalidReportError",
    "document",
    "in_folders",
    "latest",
    "print_verdict",
    "read",
    "tell_github",
    "validate",
    "write",
]
