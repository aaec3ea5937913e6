"""Install the client package from its wheel into an empty environment, and run the contract program there.

The program (`scripts/contract_program.py`) compares what the package gives with what came over the wire. The server is
named by `--url`, its token by `MESH_EXPORT_TOKEN`; without a name it is the embedded mock.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance.mock import Settings, serve
from scripts.distributions import Distribution, build, install

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "scripts" / "contract_program.py"


def installed(folder: Path, resolution: str = "highest") -> Path:
    """Build the wheel and install it, with what it needs, into an environment of its own.

    Args:
        folder: Where to make the environment.
        resolution: Which versions of what it needs: `highest`, or `lowest-direct` for the oldest that it admits.

    Returns:
        The interpreter of the environment.

    Raises:
        BuildError: It cannot be built or installed.
    """
    client = Distribution(ROOT / "generated")
    wheel, _ = build(client, folder)
    return install(client, wheel, folder / "environment", Path(sys.executable), resolution) / "python"


def run(python: Path, url: str, token: str) -> subprocess.CompletedProcess[str]:
    """Run the contract program against a server.

    Args:
        python: The interpreter of an environment that has the package.
        url: The server's root.
        token: The token, without which the server answers 401.
    """
    environment = {**os.environ, "MESH_EXPORT_BASE_URL": url, "MESH_EXPORT_TOKEN": token}
    environment.pop("PYTHONPATH", None)
    # Isolated: nothing of this project may be found beside what was installed.
    return subprocess.run([python, "-I", PROGRAM], env=environment, capture_output=True, text=True, check=False)


def judge(url: str, token: str) -> int:
    """Build, install, run and print; the result is the exit code of the program."""
    with tempfile.TemporaryDirectory() as folder:
        finished = run(installed(Path(folder)), url, token)
    print(finished.stdout, end="")
    print(finished.stderr, end="", file=sys.stderr)
    return finished.returncode


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Compare the client package with what a server sends.")
    parser.add_argument(
        "--url", default="", help="the server's root, its token in MESH_EXPORT_TOKEN; else the embedded mock"
    )
    options = parser.parse_args(arguments)
    if not options.url:
        token = secrets.token_hex()
        with serve(Settings(token=token)) as url:
            return judge(url, token)
    token = os.environ.get("MESH_EXPORT_TOKEN", "")
    if not token:
        print("Set MESH_EXPORT_TOKEN to a token of the server.", file=sys.stderr)
        return 2
    return judge(options.url, token)


if __name__ == "__main__":
    sys.exit(main())
