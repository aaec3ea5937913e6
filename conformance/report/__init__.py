"""What came of a run, in the forms that people and programs read.

`document` turns the verdict into plain data, once, redacted; every other form is made from that data alone, so that
it can be made again from `report.json`. What the verdict is was decided before.
"""

from conformance.report.document import SCHEMA, VERSION, Budget, Facts, document
from conformance.report.folder import write
from conformance.report.schema import InvalidReportError, read, validate
from conformance.report.terminal import print_verdict

__all__ = [
    "SCHEMA",
    "VERSION",
    "Budget",
    "Facts",
    "InvalidReportError",
    "document",
    "print_verdict",
    "read",
    "validate",
    "write",
]
