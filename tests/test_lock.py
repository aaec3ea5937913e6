"""The lock has what `pyproject.toml` asks for, each by its hashes and without a word about where it came from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))


@pytest.mark.parametrize("asked", [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]])
def test_the_lock_satisfies_the_bounds(asked: str) -> None:
    requirement = Requirement(asked)
    locked = LOCKED.get(canonicalize_name(requirement.name), "none")
    assert locked in requirement.specifier, f"{asked} is asked for, and {locked} is locked: run `make lock`"


def test_everything_locked_has_hashes_and_no_host() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in LOCK
