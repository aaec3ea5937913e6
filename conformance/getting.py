"""Whether a server has Get Export: what is listed and got shows it, and a 404 by itself does not.

What the operation promises is left to its probes and checks.
"""

from __future__ import annotations

from typing import Final

from conformance.collection import identity
from conformance.exchange import Request
from conformance.run import Run

GET: Final = "getExport"
"""The operation's id."""


def listed_ids(run: Run) -> list[str]:
    """Ids of the list: the first of each status, the last, and one in the middle."""
    exports = run.knowledge.snapshot.exports if run.knowledge.snapshot else []
    kinds = {export.get("status"): export for export in reversed(exports)}
    ends = exports[-1:] + exports[len(exports) // 2 :][:1]
    return list(dict.fromkeys(identity(export) for export in [*kinds.values(), *ends]))


def is_served(run: Run) -> bool:
    """Whether the operation is there, which an export that is got tells."""
    for request in (Request.to(GET, id=one) for one in listed_ids(run)):
        if GET not in run.knowledge.served and not run.has_sent(request):
            run.send(request)
    return GET in run.knowledge.served
