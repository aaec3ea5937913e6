"""What a fault is, and the small parts that faults are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from ..model import Stages

Change = Callable[[Stages], Stages]


@frozen
class Fault:
    """One way to break the endpoint.

    Attributes:
        name: Its name.
        requirements: The requirements that it violates, first the one that it violates in the first place.
        description: What is wrong, in one sentence.
        change: Puts the changed stage in place; called once for each endpoint, so that it may keep state.
        needs: The freedoms that have to be chosen so that the fault can be seen.
    """

    name: str
    requirements: tuple[str, ...]
    description: str
    change: Change = field(repr=False)
    needs: Mapping[str, Any] = field(factory=lambda: MappingProxyType({}))
