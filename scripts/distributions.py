"""The two distributions: built, compared with what git has, and tried in environments of their own.

What a finding means for a release is `scripts/release_check.py`'s business.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

UV: Final = Path(sysconfig.get_path("scripts")) / "uv"


class BuildError(Exception):
    """A distribution cannot be built or installed."""


@dataclass(frozen=True)
class Distribution:
    """What is built from one folder.

    Attributes:
        source: The folder that has its `pyproject.toml`.
    """

    source: Path

    @property
    def project(self) -> dict[str, Any]:
        """Its `pyproject.toml`."""
        return tomllib.loads((self.source / "pyproject.toml").read_text(encoding="utf-8"))

    @property
    def name(self) -> str:
        """Its name on the index."""
        return str(self.project["project"]["name"])


def distributions(root: Path) -> tuple[Distribution, Distribution]:
    """The client and the suite of a checkout."""
    return Distribution(root / "generated"), Distribution(root)


def build(distribution: Distribution, output: Path) -> tuple[Path, Path]:
    """Build the wheel, by way of the source distribution, and give the paths of both.

    Raises:
        BuildError: It cannot be built.
    """
    with tempfile.TemporaryDirectory(dir=output) as folder:
        _run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, str(distribution.source)])
        made = [path.replace(output / path.name) for path in Path(folder).iterdir()]
    (wheel,) = (path for path in made if path.suffix == ".whl")
    (source,) = (path for path in made if path.suffix == ".gz")
    return wheel, source


def wrong_in_wheel(distribution: Distribution, wheel: Path) -> Iterator[str]:
    """What a wheel has that git does not, or lacks of what git has; its metadata are checked as it is built."""
    with zipfile.ZipFile(wheel) as archive:
        present = set(archive.namelist())
        information = next(name.partition("/")[0] for name in present if name.endswith(".dist-info/METADATA"))
    project, target = (
        distribution.project["project"],
        distribution.project["tool"]["hatch"]["build"]["targets"]["wheel"],
    )
    expected = {name for package in target["packages"] for name in _in_git(distribution.source, package)}
    expected |= set(target.get("force-include", {}).values())
    parts = ["METADATA", "WHEEL", "RECORD", *(f"licenses/{name}" for name in project["license-files"])]
    expected |= {f"{information}/{part}" for part in [*parts, *["entry_points.txt"][: "scripts" in project]]}
    yield from (f"{wheel.name} holds {name}, which git does not" for name in sorted(present - expected))
    yield from (f"{wheel.name} lacks {name}" for name in sorted(expected - present))


def wrong_in_source(distribution: Distribution, source: Path) -> Iterator[str]:
    """What a source distribution has that git does not."""
    with tarfile.open(source) as archive:
        present = {name.partition("/")[2] for name in archive.getnames()}
    made = {"PKG-INFO", ".gitignore"}
    extra = present - _in_git(distribution.source, ".") - made
    yield from (f"{source.name} holds {name}, which git does not" for name in sorted(extra))


def _in_git(folder: Path, part: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z", part], cwd=folder, capture_output=True, text=True, check=True)
    return set(filter(None, listed.stdout.split("\0")))


def pythons(distribution: Distribution) -> tuple[str, str]:
    """The oldest and the newest Python that a distribution names in its classifiers, such as `3.11`."""
    classifiers = "\n".join(distribution.project["project"]["classifiers"])
    minors = sorted(
        int(minor) for minor in re.findall(r"^Programming Language :: Python :: 3\.(\d+)$", classifiers, re.M)
    )
    return f"3.{minors[0]}", f"3.{minors[-1]}"


@cache
def find_python(version: str) -> Path | None:
    """An interpreter of a version on this machine; None where there is none."""
    command = [str(UV), "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def install(distribution: Distribution, wheel: Path, folder: Path, python: Path, resolution: str) -> Path:
    """Install a wheel with what it needs into a new environment, and give its folder of commands.

    Args:
        distribution: What the wheel was built from.
        wheel: The wheel.
        folder: Where to make the environment.
        python: The interpreter to make it with.
        resolution: Which versions of what it needs: `highest`, or `lowest-direct` for the oldest that it admits.

    Raises:
        BuildError: It cannot be installed.
    """
    _run([str(UV), "venv", "--quiet", "--python", str(python), str(folder)])
    commands = folder / "bin"
    # What a wheel needs is not direct to uv, what its project file needs is: both are named.
    wanted = ["--requirements", str(distribution.source / "pyproject.toml"), str(wheel)]
    places = ["--resolution", resolution, "--python", str(commands / "python")]
    _run([str(UV), "pip", "install", "--quiet", *places, *wanted])
    return commands


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = (finished.stderr.strip() or finished.stdout.strip()).splitlines()
        raise BuildError("\n".join(said[-10:]))
