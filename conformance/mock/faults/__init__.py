"""Ways to break the endpoint on purpose, each tied to the requirement that it violates."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from . import (
    bodies,
    create_export,
    credentials,
    delete_export,
    errors,
    filters,
    get_export,
    limits,
    linking,
    lives,
    members,
    ordering,
    paging,
    preferences,
    routes,
    sharing,
    state,
    statuses,
)
from .tools import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order of the ledger, so that lists of faults read as the page does.
_THEMES = (
    routes,
    statuses,
    state,
    filters,
    paging,
    ordering,
    preferences,
    credentials,
    sharing,
    bodies,
    members,
    linking,
    errors,
    limits,
    get_export,
    delete_export,
    create_export,
    lives,
)

FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for theme in _THEMES for fault in theme.FAULTS})
"""Each fault by its name."""

THEMES: Mapping[str, str] = MappingProxyType(
    {fault.name: theme.__name__.rpartition(".")[2] for theme in _THEMES for fault in theme.FAULTS}
)
"""The theme of each fault by its name."""

__all__ = ["FAULTS", "THEMES", "Fault"]
