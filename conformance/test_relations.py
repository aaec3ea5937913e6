"""Metamorphic probes: hypothesis draws requests, and each relation must hold between their answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import hypothesis
import pytest

from conformance.checks.registry import Observation
from conformance.exchange import Exchange, Request
from conformance.options import Settings
from conformance.receiving import UnsendableError
from conformance.relations import RELATIONS, Relation
from conformance.run import Run
from conformance.strategies import counterexample, valid_requests
from conformance.walking import walk

_EXAMPLES: Final = 1
_EXAMPLES_LATER: Final = 12
_LOOKS: Final = 3
_EACH = [
    pytest.param(relation, id=name, marks=pytest.mark.requirements(*sorted(relation.requirements)))
    for name, relation in RELATIONS.items()
]


@pytest.mark.parametrize("relation", _EACH)
def test_relation_holds(run: Run, settings: Settings, turn: int, relation: Relation) -> None:
    disagreeing: list[Request] = []

    def broken_by(request: Request) -> set[str]:
        with run.source("hypothesis"):
            broken, sent = _observe(run, relation, request)
        if not sent:
            hypothesis.reject()
        if broken:
            disagreeing.append(request)
        return {each.requirement for each in broken}

    examples = _EXAMPLES_LATER if turn else _EXAMPLES
    counterexample(valid_requests(run), broken_by, seed=settings.seed + turn, examples=examples)
    if disagreeing:
        with run.source("second look"):
            _confirm(run, relation, min(disagreeing, key=lambda request: request.size))


def _observe(run: Run, relation: Relation, request: Request) -> tuple[list[Observation], list[Exchange]]:
    """What a relation sees broken, where no check explains it by one of the exchanges alone, and what was sent."""
    sent: list[Exchange] = []

    def send(each: Request) -> Exchange:
        sent.append(run.send_once(each))
        return sent[-1]

    try:
        seen = list(relation(send, request))
    except UnsendableError:
        return [], sent
    broken = list(_broken(run, seen))
    if broken and any(not each.holds for exchange in sent for each in run.observe(exchange)):
        return [], sent
    return broken, sent


def _broken(run: Run, seen: list[Observation]) -> Iterator[Observation]:
    for observation in seen:
        if observation.holds:
            run.held(observation.requirement)
        elif not run.tally(observation.requirement).broken:
            yield observation


def _confirm(run: Run, relation: Relation, request: Request) -> None:
    """Count what a relation sees broken between two walks that agree."""
    requirements = sorted(relation.requirements)
    for _ in range(_LOOKS):
        before, _ = walk(run)
        sent: list[Exchange] = []

        def send(each: Request, sent: list[Exchange] = sent) -> Exchange:
            sent.append(run.send(each))
            return sent[-1]

        # Twice, because an answer that comes and goes breaks no relation between two requests.
        for _ in range(2):
            broken = [observation for observation in relation(send, request) if not observation.holds]
            if not broken:
                return
        after, _ = walk(run)
        if before and after and before.agrees_with(after):
            run.broke(broken[0].requirement, sent[-1], broken[0].message)
            return
        requirements = [observation.requirement for observation in broken]
    for requirement in requirements:
        run.doubt(requirement, f"the collection never stood still while {relation.name} was looked at")
