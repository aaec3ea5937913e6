"""Counts confirmed violations, each under the requirement that its smallest form breaks.

Which one that is, `blame` finds out; whether a violation is one at all, `second_look` has decided.
"""

from __future__ import annotations

from typing import Final

from conformance import spec
from conformance.blame import (
    CACHEABLE,
    OF_ACCEPTANCE,
    OF_AMOUNT,
    broken_requirement,
    kept_by_a_cache,
    lost_by_the_selection,
)
from conformance.collection import Snapshot
from conformance.evidence import OWN_CAUSE
from conformance.exchange import Exchange, Request
from conformance.reduction import fails_again, known_fault, lasts, reduce
from conformance.run import Run, Suspicion
from conformance.walking import walk

_REDUCTIONS: Final = 3
"""How often the blame for one requirement is looked for before it counts as the consequence of another."""
_INDEPENDENT: Final = "answers-independent"
_CRASH: Final = "status-no-server-error"


def count(run: Run, suspicion: Suspicion) -> None:
    """Count a confirmed violation under the requirement that its smallest form breaks.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    requirement, check = suspicion.observation.requirement, suspicion.observation.check
    if run.tally(requirement).broken:
        _count_another(run, suspicion)
        return
    if run.reductions[check, requirement] >= _REDUCTIONS:
        return
    run.reductions[check, requirement] += 1
    steady = requirement.endswith("-steady")
    if suspicion.exchange.request.changes:
        run.broke(requirement, suspicion.exchange, suspicion.observation.message)
        return
    flickers = run.tally("list-steady").broken and requirement != "list-steady"
    mixed_up = run.tally(_INDEPENDENT).broken > 0
    unsteady = suspicion.observation.contestable or check in CACHEABLE
    lasting = mixed_up or (unsteady and (flickers or not steady))
    if lasting and not lasts(run, suspicion.exchange.request, check):
        _count_a_flicker(run, suspicion)
        return
    if _crashed_by_chance(run, suspicion):
        _count_as(run, suspicion, _CRASH)
        return
    if suspicion.exchange.failure:
        # A server that is down fails whatever is dropped.
        count_as_sent(run, suspicion)
        return
    if check == OF_ACCEPTANCE and not _is_for_what_it_has(run, suspicion):
        return
    known = known_fault(run, suspicion)
    if known:
        run.broke(known[1].requirement, known[0], known[1].message, check=check)
        return
    exchange, observation = reduce(run, suspicion)
    if lasting and exchange is not suspicion.exchange and not lasts(run, exchange.request, check):
        _count_a_flicker(run, suspicion)
        return
    blamed, exchange, observation = broken_requirement(run, exchange, observation)
    run.broke(blamed, exchange, observation.message, check=observation.check)


def _crashed_by_chance(run: Run, suspicion: Suspicion) -> bool:
    """Whether what broke another promise was one of the server errors that come and go."""
    crashed = suspicion.exchange.status >= 500 and suspicion.observation.requirement not in OWN_CAUSE
    if not crashed or not run.tally(_CRASH).broken:
        return False
    return not lasts(run, suspicion.exchange.request, suspicion.observation.check)


def _is_for_what_it_has(run: Run, suspicion: Suspicion) -> bool:
    """Whether an undocumented refusal is for what the request has: the barest one gets another status, and it again.

    Any other is a matter of the status alone, which a check of its own tells.
    """
    status = suspicion.exchange.status
    if status in spec.documented_statuses():
        return True
    bare = run.send(Request())
    run.unsuspect(bare)
    return bare.status != status and fails_again(run, suspicion.exchange.request, OF_ACCEPTANCE)


def _count_a_flicker(run: Run, suspicion: Suspicion) -> None:
    """Count a violation that comes and goes: no part of its request is the cause."""
    if not suspicion.observation.contestable and not run.observe_by(suspicion.observation.check, suspicion.exchange):
        # It was judged before more was known, such as the page size, and does not come and go.
        return
    message = f"{suspicion.observation.message}; the same request sent again is answered well"
    vanished = run.tally("list-steady").broken or _lacks_what_came_back(run, suspicion.exchange)
    blamed = "list-steady" if vanished else _INDEPENDENT
    if run.motion.moves and not run.motion.shifted and _may_be_shifted(suspicion):
        run.motion.shifted = True
        run.doubt(blamed, f"{message}: an export may have come and gone in front of it")
        return
    run.broke(blamed, suspicion.exchange, message, check=suspicion.observation.check, reduced=False)


def _may_be_shifted(suspicion: Suspicion) -> bool:
    """Whether a page is one of those that another export in front of them changes, and that do not show it."""
    skips = any(name == "$skip" for name, _ in suspicion.exchange.request.pairs)
    return skips and suspicion.observation.check in OF_AMOUNT


def _lacks_what_came_back(run: Run, exchange: Exchange) -> bool:
    """Whether a list is its own request's, by all that it says, and only lacks some of the exports that are due."""
    context = run.context(exchange)
    due = run.knowledge.selection(context.query)
    if due is None or due.open or "$skip" in context.query.parameters:
        return False
    if len(exchange.ids) >= min(len(due.ids), context.page_size) or not due.members.issuperset(exchange.ids):
        return False
    return all(each.holds or each.check in OF_AMOUNT for each in run.observe(exchange))


def _count_another(run: Run, suspicion: Suspicion) -> None:
    """Count one more violation of a requirement; where no known fault explains it, its smallest form is another."""
    requirement, check = suspicion.observation.requirement, suspicion.observation.check
    known = run.tally(requirement).explaining(suspicion.exchange, check)
    spent = run.reductions[check, requirement] >= _REDUCTIONS
    if known or spent or suspicion.exchange.failure or suspicion.exchange.request.size[0] < 2:
        count_as_sent(run, suspicion)
        return
    run.reductions[check, requirement] += 1
    exchange, observation = reduce(run, suspicion)
    if observation.requirement == requirement:
        run.broke(requirement, exchange, observation.message, check=check)
    else:
        count_as_sent(run, suspicion)


def count_as_sent(run: Run, suspicion: Suspicion) -> None:
    """Count a confirmed violation under the requirement that was suspected, by the request as it was sent."""
    observation = suspicion.observation
    lone = suspicion.exchange.request.size[0] < 2 and not suspicion.exchange.failure
    run.broke(observation.requirement, suspicion.exchange, observation.message, check=observation.check, reduced=lone)


def count_between_walks(run: Run, suspicion: Suspicion) -> None:
    """Count a violation that was seen between two walks that agree: made smaller while nothing moves, or as sent.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    requirement, check = suspicion.observation.requirement, suspicion.observation.check
    flickers = run.tally("list-steady").broken and requirement != "list-steady"
    if flickers and not lasts(run, suspicion.exchange.request, check):
        _count_a_flicker(run, suspicion)
        return
    run.forget_answers()
    # Looked for before anything else is sent: what moves meanwhile would hide it.
    kept = _is_kept(run, suspicion)
    if kept and run.tally(_INDEPENDENT).broken:
        _count_as(run, suspicion, _INDEPENDENT)
        return
    known = known_fault(run, suspicion)
    if known:
        run.broke(known[1].requirement, known[0], known[1].message, check=check)
        return
    if run.reductions[check, requirement] < _REDUCTIONS:
        run.reductions[check, requirement] += 1
        before = run.knowledge.snapshot
        blamed, exchange, observation = broken_requirement(run, *reduce(run, suspicion))
        # A twin that has what is due shows that nothing has moved.
        if blamed == _INDEPENDENT or _stands_still(run, before):
            run.broke(blamed, exchange, observation.message, check=check)
            return
    if kept:
        _count_as(run, suspicion, _INDEPENDENT)
        return
    lost = lost_by_the_selection(run, suspicion.exchange.request, suspicion.observation)
    # What moved meanwhile looks like a loss, too.
    if lost and run.tally(lost).broken:
        _count_as(run, suspicion, lost)
    else:
        count_as_sent(run, suspicion)


def _count_as(run: Run, suspicion: Suspicion, requirement: str) -> None:
    """Count a violation as a consequence of another requirement's, by the request as it was sent."""
    observation = suspicion.observation
    run.broke(requirement, suspicion.exchange, observation.message, check=observation.check, reduced=False)


def _is_kept(run: Run, suspicion: Suspicion) -> bool:
    """Whether a request still fails, and does not beside what no cache has seen."""
    request, observation = suspicion.exchange.request, suspicion.observation
    if observation.check not in CACHEABLE or not kept_by_a_cache(run, request, observation):
        return False
    return fails_again(run, request, observation.check)


def _stands_still(run: Run, before: Snapshot | None) -> bool:
    """Whether the collection is what it was at a walk before, its order included."""
    after, _ = walk(run)
    return bool(before and after and after.agrees_with(before) and after.order == before.order)
