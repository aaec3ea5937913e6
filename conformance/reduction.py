"""Makes a failing request smaller, by sending it again without one part after the other.

Which requirement what is left breaks is the business of `blame`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from conformance import ledger, spec
from conformance.checks.registry import Observation
from conformance.exchange import CredentialKind, Exchange, Request, encode
from conformance.fingerprint import cause
from conformance.ledger import Level
from conformance.run import Run, Suspicion

_DROPS: Final = 32
"""Parts that are dropped at most, on trial, for one violation."""
_SHAPES: Final = 2
"""Known faults whose shape is tried at most."""


def reduce(run: Run, suspicion: Suspicion) -> tuple[Exchange, Observation]:
    """Drop one part of the request after the other, as long as the same check still fails.

    Returns:
        The exchange of the smallest request, and what the check observed in it.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    exchange, observation = suspicion.exchange, suspicion.observation
    place, shrunk = 0, False
    for _ in range(_DROPS):
        smaller = list(_smaller_requests(exchange.request, observation.check))
        if place >= len(smaller):
            if not shrunk:
                break
            place, shrunk = 0, False
            continue
        found = fails(run, smaller[place], observation.check)
        if found and not _weaker(found[1], observation):
            (exchange, observation), shrunk = found, True
        else:
            place += 1
    return exchange, observation


def known_fault(run: Run, suspicion: Suspicion) -> tuple[Exchange, Observation] | None:
    """What a request fails by, where one with no more parts than a known fault has breaks the requirement of that.

    Returns:
        The exchange of the smaller request, and what the check observed in it; None where that takes a longer look.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    request, whole = suspicion.exchange.request, cause(suspicion.exchange)
    shapes = {
        (each.cause.parameters, each.cause.headers): name
        for name, tally in run.tallies.items()
        for each in tally.findings
        if each.reduced and each.cause.within(whole) and each.exchange.request.size < request.size
    }
    for (parameters, headers), name in list(shapes.items())[:_SHAPES]:
        pairs = [pair for pair in request.pairs if pair[0] in parameters]
        lines = tuple(line for line in request.headers if line[0].lower() in headers)
        found = fails(run, evolve(request, query=encode(pairs), headers=lines), suspicion.observation.check)
        # With another name it may be another fault of the same shape.
        if found and found[1].requirement == name and not _weaker(found[1], suspicion.observation):
            return found
    return None


def fails(run: Run, request: Request, check: str) -> tuple[Exchange, Observation] | None:
    """Send a request, unless it was sent before, and see whether a check fails; nothing is suspected anew.

    Returns:
        The exchange and what the check observed; None where the check does not fail.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    exchange = run.send_once(request)
    run.unsuspect(exchange)
    found = run.observe_by(check, exchange)
    return (exchange, found) if found else None


def lasts(run: Run, request: Request, check: str) -> bool:
    """Whether a request fails in the same way twice more: what comes and goes may do so once."""
    return fails_again(run, request, check) and fails_again(run, request, check)


def fails_again(run: Run, request: Request, check: str) -> bool:
    """Whether a request fails in the same way when it is sent once more."""
    repeat = run.send(request)
    run.unsuspect(repeat)
    return run.observe_by(check, repeat) is not None


def _weaker(one: Observation, other: Observation) -> bool:
    """Whether one violation counts for less than another."""
    levels = [ledger.requirements()[each.requirement].level for each in (one, other)]
    return levels == [Level.SHOULD, Level.MUST]


def _smaller_requests(request: Request, check: str) -> Iterator[Request]:
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
