"""The one probe of `replay`: the smallest exchange of a finding, sent again and judged as in a run.

Not among the probes of a plain run: it is collected only when `replay` names it.
"""

from __future__ import annotations

from typing import Final

from conformance.receiving import UnsendableError
from conformance.replay import Replaying
from conformance.run import Run
from conformance.walking import learn_selection

_TIMES: Final = 3
"""How often the request is sent before it counts as answered well: a fault may come and go."""


def test_the_exchange_is_sent_again(run: Run, replaying: Replaying) -> None:
    """The smallest exchange of a finding, again."""
    request = replaying.request(run.endpoint.token)
    learn_selection(run, request)
    for _ in range(_TIMES):
        try:
            exchange = run.send(request)
        except UnsendableError:
            replaying.refused = f"The rules of safety forbid this {request.method} to {run.endpoint.url}."
            return
        if any(suspicion.exchange is exchange for suspicion in run.suspicions):
            break
