"""Calls pytest with the suite's own configuration, from wherever the suite is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

_FOLDER: Final = Path(__file__).parent
_MADE_FROM_SETTINGS: Final = "conformance.test_schema"
"""What it generates is decided when it is imported, by the settings of that run."""


def suite(options: Sequence[str], module: str = "", plugins: Sequence[object] = ()) -> int:
    """Run the probes.

    Args:
        options: Options of the command line.
        module: The one module of the package whose probes run; all of them where empty.
        plugins: Further plugins.

    Returns:
        The exit code.
    """
    sys.modules.pop(_MADE_FROM_SETTINGS, None)
    fixed = ["-c", str(_FOLDER / "pytest.ini"), "--rootdir", str(_FOLDER)]
    return int(pytest.main([str(_FOLDER / module), *fixed, *options], plugins=list(plugins)))
