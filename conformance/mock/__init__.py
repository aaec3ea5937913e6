"""An endpoint of the Mesh Export API to try things on: it conforms under each reading of the page, or breaks at will.

It is a reading of the page of its own: nothing of the suite is in it, and nothing of it is in the suite.
"""

from .app import Settings, create_app
from .clock import Clock
from .data import SCRATCH_IMODEL
from .faults import FAULTS, Fault
from .reading import READINGS, Reading, compose
from .server import serve

__all__ = [
    "FAULTS",
    "READINGS",
    "SCRATCH_IMODEL",
    "Clock",
    "Fault",
    "Reading",
    "Settings",
    "compose",
    "create_app",
    "serve",
]
