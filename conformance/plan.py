"""`--plan`: what a run would send, found out by a run against the embedded mock with the same settings.

Nothing is sent to the server in question. The numbers are exact for a collection like the mock's that does nothing
wrong; every fault, and every larger collection, takes some requests more.
"""

from __future__ import annotations

from typing import Final

import pytest
from attrs import define, field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.options import Settings

_FIRST_WALK: Final = ("Request", "look whether there is an API, and walk the collection")


@define
class Plan:
    """Requests by what they are for.

    Attributes:
        counted: Section of the page and purpose, with the number of requests.
    """

    counted: dict[tuple[str, str], int] = field(factory=dict)

    def open(self, requests: int) -> None:
        """Count what is sent before the first probe."""
        self._count(_FIRST_WALK, requests)

    def add(self, item: pytest.Item, requests: int) -> None:
        """Count what a probe sent."""
        self._count((_section(item), _purpose(item)), requests)

    def _count(self, key: tuple[str, str], requests: int) -> None:
        self.counted[key] = self.counted.get(key, 0) + requests

    @property
    def requests(self) -> int:
        """How many requests it is in all."""
        return sum(self.counted.values())


def _section(item: pytest.Item) -> str:
    return (getattr(item, "module", None).__doc__ or "").partition(":")[0]


def _purpose(item: pytest.Item) -> str:
    name, _, rest = item.name.partition("[")
    return name.removeprefix("test_").replace("_", " ") + (f" [{rest}" if rest else "")


def print_plan(console: Console, plan: Plan, settings: Settings, target: str) -> None:
    """Print the requests by purpose, in all, and how long they would take."""
    table = Table(box=None, title="What would be sent", title_justify="left", title_style="bold", padding=(0, 1))
    for column in ("section", "what for"):
        table.add_column(column)
    table.add_column("requests", justify="right")
    for (section, purpose), requests in sorted(plan.counted.items(), key=lambda entry: entry[0][0]):
        table.add_row(section, Text(purpose), str(requests))
    console.print(table)
    console.print(Text(sentence(plan, settings, target)), soft_wrap=True)


def sentence(plan: Plan, settings: Settings, target: str) -> str:
    """The plan in one sentence or two."""
    limits = settings.limits
    rate = limits.rate
    took = f"{plan.requests / rate:.0f} s at {rate:g} a second" if rate else "with no limit of the rate"
    ends = f", {limits.max_seconds:g} s at most" if limits.max_seconds else ""
    return (
        f"{plan.requests} requests would go to {target}, {took}{ends}; none was sent. They were counted on the "
        "embedded mock with the same settings: a larger collection, or one that breaks promises, takes more, "
        f"{limits.max_requests} at most."
    )
