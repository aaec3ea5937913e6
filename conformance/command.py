"""The command `mesh-export-conformance`: the suite without a clone, from wherever it is installed.

It is pytest with the suite's own configuration; everything else is the plugin's business.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a server.

    Args:
        arguments: Options as on the command line; those of the process where None.

    Returns:
        The exit code.
    """
    folder = Path(__file__).parent
    given = sys.argv[1:] if arguments is None else arguments
    return int(pytest.main([str(folder), "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), *given]))


if __name__ == "__main__":
    sys.exit(main())
