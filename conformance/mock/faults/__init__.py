"""Ways to break the endpoint on purpose, each tied to the requirement that it violates."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .tools import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL: tuple[Fault, ...] = ()

FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in _ALL})
"""Each fault by its name."""

__all__ = ["FAULTS", "Fault"]
