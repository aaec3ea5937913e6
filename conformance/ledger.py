"""The ledger: what the documentation page promises, one requirement each.

Reads `requirements.yaml`; how a requirement is checked is not its business.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from attrs import field, frozen

from conformance import spec


class Level(StrEnum):
    """How firmly a requirement is stated."""

    MUST = "MUST"
    SHOULD = "SHOULD"


@frozen
class Requirement:
    """One promise.

    Attributes:
        id: Its frozen name.
        level: MUST where the page says so, SHOULD where it is inferred.
        section: The heading of the page that it belongs under.
        statement: What is promised, in one sentence.
        source: The ground of a SHOULD; None for a MUST.
        needs: What must be there for it to be seen at all; None where it always can be.
        unchecked: Why nobody outside can check it; None for a requirement that is checked.
        carried_by: JSON pointers into the spec.
        read_from: The labels of what it was read from on the page (`openapi/page-digests.yaml`).
    """

    id: str
    level: Level = field(converter=Level)
    section: str
    statement: str
    source: str | None = None
    needs: str | None = None
    unchecked: str | None = None
    carried_by: tuple[str, ...] = field(converter=tuple, default=())
    read_from: tuple[str, ...] = field(converter=tuple, default=())


def _file() -> dict[str, Any]:
    return spec.read("requirements.yaml")


@cache
def requirements() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the page."""
    every = [Requirement(**entry) for entry in _file()["requirements"]]
    return {requirement.id: requirement for requirement in every}


@cache
def removed() -> dict[str, str]:
    """The ids of requirements that went, each with the version that it went in and why."""
    return dict(_file()["removed"])


@cache
def carried_by(pointer: str) -> tuple[Requirement, ...]:
    """The requirements that a part of the spec carries."""
    return tuple(requirement for requirement in requirements().values() if pointer in requirement.carried_by)
