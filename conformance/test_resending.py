"""A spread of the requests already sent, sent once more with one thing changed: no credential, another preference or root.

What was answered well must not be answered to nobody, and an answer must not have been kept for another request.
"""

from __future__ import annotations

from typing import Final

import pytest
from attrs import evolve

from conformance.exchange import NO_CREDENTIAL, Request
from conformance.options import Settings
from conformance.run import FULL, Run

_WITHOUT_CREDENTIAL: Final = 18
_CHANGED: Final = 6
_MINIMAL: Final = ("prefer", "return=minimal")
_ROOT: Final = "x-api-host-and-root"


@pytest.mark.requirements("auth-required", "auth-before-parameters", "unauthorized-code", "unauthorized-body")
def test_what_was_answered_is_refused_without_a_credential(run: Run, settings: Settings, turn: int) -> None:
    for request in run.spread(_WITHOUT_CREDENTIAL, settings.seed + turn):
        # Right after it was answered: what was kept of that answer must not be given to anyone else.
        run.send_once(evolve(request, credential=NO_CREDENTIAL))


@pytest.mark.requirements(
    "answers-independent",
    "prefer-default",
    "prefer-minimal",
    "prefer-representation",
    "prefer-same-data",
    "root-prefix",
    "root-links-only",
)
def test_what_was_answered_is_answered_in_another_representation_and_with_another_root(
    run: Run, settings: Settings, turn: int
) -> None:
    for number, request in enumerate(run.spread(_CHANGED, settings.seed + turn + 1)):
        run.send_once(_in_the_other_representation(request))
        run.send_once(_with_root(request, f"https://resent{number}.example"))


def _in_the_other_representation(request: Request) -> Request:
    others = tuple(line for line in request.headers if line[0].lower() != "prefer")
    return evolve(request, headers=(*others, _MINIMAL if request.header("prefer") else FULL[0]))


def _with_root(request: Request, root: str) -> Request:
    others = tuple(line for line in request.headers if line[0].lower() != _ROOT)
    return evolve(request, headers=(*others, (_ROOT, root)))
