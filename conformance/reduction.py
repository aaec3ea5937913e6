"""How a failing request is made smaller, and which of two violations counts for more.

What fails, and whether it still does, the run finds out by sending.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from conformance import ledger, spec
from conformance.checks.registry import Observation
from conformance.exchange import CredentialKind, Request, encode
from conformance.ledger import Level


def weaker(one: Observation, other: Observation) -> bool:
    """Whether one violation counts for less than another."""
    levels = [ledger.requirements()[each.requirement].level for each in (one, other)]
    return levels == [Level.SHOULD, Level.MUST]


def smaller_requests(request: Request, check: str) -> Iterator[Request]:
    """The request without one of its parts, each in turn."""
    pairs = request.pairs
    for index in range(len(pairs)):
        yield evolve(request, query=encode(pairs[:index] + pairs[index + 1 :]))
    for index, (name, _) in enumerate(request.headers):
        # Without its preference a request asks for another representation.
        if check != "representation" or name.lower() != "prefer":
            yield evolve(request, headers=request.headers[:index] + request.headers[index + 1 :])
    if request.credential.kind is not CredentialKind.GOOD and request.pairs:
        yield evolve(request, query="")
    if request.query and encode(pairs) != request.query:
        yield evolve(request, query=encode(pairs))
    if request.operation == spec.LIST and request.path != spec.collection_path():
        yield evolve(request, path=spec.collection_path())
