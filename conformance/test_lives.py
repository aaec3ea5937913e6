"""Life of an export: what was started is listed and got, goes forward, and is gone once it is deleted.

A walk through whole lives first, then a state machine that does it in any order, and schemathesis' stateful phase:
its own state machine over the links from Start to the other operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import hypothesis
import pytest
import schemathesis
from hypothesis import stateful
from hypothesis import strategies as st
from schemathesis.core.transport import Response

from conformance import cleaning, spec, transported
from conformance.account import BudgetSpentError
from conformance.exchange import Exchange, Request
from conformance.lives import Life, Lives
from conformance.options import Settings
from conformance.run import Run

T = TypeVar("T")

_KINDS: Final = ("3DTiles", "IMODEL")
_SCENARIOS: Final = {"quick": 3, "full": 20}
_STEPS: Final = {"quick": 14, "full": 30}
_LIFE: Final = ("life-listed", "life-got", "life-forward", "life-deleted", "life-gone", "life-alone")


@pytest.mark.usefixtures("scratch")
@pytest.mark.requirements("life-listed", "life-got", "life-forward", "life-deleted", "life-gone", "life-alone")
@pytest.mark.requirements("list-unique", "get-code")
def test_what_is_started_lives_and_is_deleted(run: Run) -> None:
    lives = Lives(run)
    started = [life for _ in range(3) if (life := lives.start(_KINDS[0]))]
    for life in started:
        lives.look_in_list()
        lives.get(life)
    for life in started:
        lives.finish(life)
        lives.get(life)
    for life in started:
        lives.delete(life)
        lives.look_in_list()
        for other in started:
            lives.get(other)
    lives.look_in_list()


class _Steps:
    """Does what a state machine asks for until the budget is spent: to hypothesis the end of it would be a failure."""

    def __init__(self) -> None:
        self.end: BudgetSpentError | None = None

    def take(self, step: Callable[..., T], *arguments: Any) -> T | None:
        """Do a step; nothing once the budget is spent."""
        if self.end is None:
            try:
                return step(*arguments)
            except BudgetSpentError as error:
                self.end = error
        return None

    def conclude(self) -> None:
        """Say that the budget was spent, if it was.

        Raises:
            BudgetSpentError: The run may send no more.
        """
        if self.end:
            raise self.end


def _machine(run: Run, steps: _Steps) -> type[stateful.RuleBasedStateMachine]:
    class LifeOfExports(stateful.RuleBasedStateMachine):
        """Starts, looks, waits and deletes in any order; what is wrong is counted, not raised: nothing is shrunk."""

        started: stateful.Bundle[Life | None] = stateful.Bundle("started")

        def __init__(self) -> None:
            super().__init__()
            self.lives = Lives(run)

        @stateful.rule(target=started, kind=st.sampled_from(_KINDS))
        def start(self, kind: str) -> Life | None:
            return steps.take(self.lives.start, kind)

        @stateful.rule()
        def look_in_list(self) -> None:
            steps.take(self.lives.look_in_list)

        @stateful.rule(life=started)
        def get(self, life: Life | None) -> None:
            if life:
                steps.take(self.lives.get, life)

        @stateful.rule(life=started)
        def finish_and_delete(self, life: Life | None) -> None:
            if life:
                steps.take(self.lives.finish, life)
                steps.take(self.lives.delete, life)

        def teardown(self) -> None:
            steps.take(self.lives.look_in_list)
            cleaning.clean_up(run)

    return LifeOfExports


@pytest.mark.usefixtures("scratch")
@pytest.mark.requirements(*_LIFE, "list-unique", "get-code")
def test_whatever_the_order_a_life_goes_one_way(run: Run, settings: Settings) -> None:
    chosen = hypothesis.settings(
        max_examples=_SCENARIOS[settings.profile],
        stateful_step_count=_STEPS[settings.profile],
        phases=[hypothesis.Phase.generate],
        verbosity=hypothesis.Verbosity.quiet,
    )
    steps = _Steps()
    machine: Any = hypothesis.seed(settings.seed)(_machine(run, steps))
    with run.source("hypothesis"):
        stateful.run_state_machine_as_test(machine, settings=chosen)
    steps.conclude()


@pytest.mark.usefixtures("scratch")
@pytest.mark.requirements("get-status", "get-body", "delete-status", "create-status", "create-started", "create-body")
def test_what_the_links_of_the_schema_lead_to(run: Run, settings: Settings) -> None:
    loaded = schemathesis.openapi.from_dict(spec.document())
    loaded.config.update(base_url="http://localhost")
    linked = [name for name in spec.operations() if name != spec.LIST]
    steps = _Steps()
    machine: Any = hypothesis.seed(settings.seed)(_linked(run, loaded.include(operation_id=linked), steps))
    chosen = hypothesis.settings(
        max_examples=_SCENARIOS[settings.profile], stateful_step_count=8, phases=[hypothesis.Phase.generate]
    )
    with run.source("schemathesis"):
        stateful.run_state_machine_as_test(machine, settings=chosen)
    steps.conclude()


def _linked(run: Run, schema: schemathesis.BaseSchema, steps: _Steps) -> type[Any]:
    base: Any = schema.as_state_machine()

    class FollowedLinks(base):  # type: ignore[misc]
        """Schemathesis chooses the operation and its id; the endpoint sends, and our checks judge."""

        def call(self, case: schemathesis.Case[Any], **_: Any) -> Response:
            about = spec.operations()[case.operation.definition.raw["operationId"]]
            if about.takes_body:
                # What else a body may have would only be refused.
                request = Request.to(about.id, body={"iModelId": run.scratch, "exportType": _KINDS[0]})
            else:
                request = Request(method=about.method, path=case.formatted_path)
            allowed = run.endpoint.may_send(request) and (run.may_start or not about.takes_body)
            # What may not be sent is not there.
            exchange = (steps.take(run.start, request) if allowed else None) or Exchange(0, request, "", 404)
            return Response.from_any(transported.response(exchange))

        def validate_response(self, *_: Any, **__: Any) -> None:
            """Nothing: each exchange has met every check of ours."""

    return FollowedLinks
