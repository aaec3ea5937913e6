"""Check and build a release, and tag it; who pushes the tag has the workflow publish it.

Exit codes: 0 built, 1 refused, 2 there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts import release_check
from scripts.spec_diff import ROOT, read_version, written

OUTPUT: Final = Path("dist") / "release"


def release(root: Path, *, dry: bool, every_python: bool) -> int:
    """Make a release of a checkout; the result is the exit code.

    Args:
        root: The checkout.
        dry: Whether to stop before the tag.
        every_python: Whether a Python that is missing refuses it.
    """
    shutil.rmtree(root / OUTPUT, ignore_errors=True)
    options = ["--root", str(root), "--output", str(root / OUTPUT), *["--every-python"][: int(every_python)]]
    code = release_check.main(options)
    if code:
        return code
    print(f"Built: {', '.join(sorted(path.name for path in (root / OUTPUT).iterdir()))}, in {OUTPUT}/.")
    return 0 if dry else tag(root, written(read_version(root)))


def tag(root: Path, version: str) -> int:
    """Tag the commit that was built; the result is the exit code."""
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=True)
    if status.stdout:
        print(
            "Refused. What was built is not what is committed: commit or remove what `git status` shows.",
            file=sys.stderr,
        )
        return 1
    made = subprocess.run(["git", "tag", "--annotate", "--message", version, f"v{version}"], cwd=root, check=False)
    if made.returncode == 0:
        print(f"Tagged v{version}. `git push origin v{version}` has it published.")
    return 1 if made.returncode else 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Check, build and tag a release.")
    parser.add_argument("--dry", action="store_true", help="stop before the tag")
    parser.add_argument("--every-python", action="store_true", help="refuse where a Python is missing")
    options = parser.parse_args(arguments)
    return release(ROOT, dry=options.dry, every_python=options.every_python)


if __name__ == "__main__":
    sys.exit(main())
