"""The checks: what an exchange must be, whoever sent it.

A module per theme; importing the package registers them all.
"""

from conformance.checks import (
    bodies,
    create_export,
    delete_export,
    errors,
    exports,
    get_export,
    limits,
    links,
    operations,
    selections,
    statuses,
)
from conformance.checks.operations import shows_operation
from conformance.checks.registry import CHECKS, Check, Context, Observation, observe

__all__ = [
    "CHECKS",
    "Check",
    "Context",
    "Observation",
    "bodies",
    "create_export",
    "delete_export",
    "errors",
    "exports",
    "get_export",
    "limits",
    "links",
    "observe",
    "operations",
    "selections",
    "shows_operation",
    "statuses",
]
