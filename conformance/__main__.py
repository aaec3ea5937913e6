"""Where the command begins: what interrupts it before there is a run ends it with one sentence.

What the command does is decided by `command`, which takes its time to import.
"""

from __future__ import annotations

import sys

from conformance import interrupts


def main() -> int:
    """Run the command.

    Returns:
        The exit code.
    """
    with interrupts.too_early():
        from conformance.command import main as command

        return command()


if __name__ == "__main__":
    sys.exit(main())
