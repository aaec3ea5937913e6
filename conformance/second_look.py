"""Confirms what a run suspects by looking a second time: a moving collection and a lost answer are no violations.

What a confirmed violation is counted under is the business of `counting`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Set
from contextlib import nullcontext
from typing import Final

from conformance import blame, counting, walking
from conformance.account import BudgetSpentError
from conformance.checks.registry import Observation
from conformance.checks.selections import compare_walks
from conformance.collection import Snapshot, identity
from conformance.evidence import OWN_CAUSE
from conformance.exchange import CredentialKind, Exchange, Failure, Request
from conformance.run import Run, Suspicion
from conformance.watch import hangs

A_TICK: Final = 1.1
"""Seconds in which a clock that shows whole seconds goes on."""
_TICKS: Final = {"lastmodified-steady": 4, "list-order-steady": 1}
"""Ticks to wait for a walk that breaks a requirement anew, where that takes a change: what sweeps does so at times."""
_SECOND_LOOKS: Final = 4
"""How often the collection is walked until two walks agree."""
_PATIENT_LOOKS: Final = 3
"""Looks in a row that find no two such walks before each next one is a single try."""
_SHAPES: Final = 3
"""Requests for other things, that are suspected to break one requirement while the collection moves, to look at."""
_WALKS_FOR_A_RETURN: Final = 8
"""Walks by which an export that every few answers lack is seen to vanish and to come back."""
_PAGES_FOR_A_RETURN: Final = 24
"""Pages that these walks may have in all: a large collection is walked less often."""
_ONCE_MORE: Final = frozenset({Failure.TIMEOUT, Failure.UNREACHABLE, Failure.NOT_HTTP, Failure.CUT_SHORT})
"""Failures that count only where the same request meets them once more."""


def settle(run: Run) -> list[tuple[str, str]]:
    """Confirm or drop what is suspected, and count it.

    Returns:
        Requirement and message of each violation that was confirmed.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    pending, run.suspicions = run.suspicions, []
    if not pending:
        run.forget_answers()
        return []
    before = Counter({name: tally.broken for name, tally in run.tallies.items()})
    try:
        with run.source("second look"):
            _settle(run, pending)
    finally:
        run.suspicions.clear()
        run.forget_answers()
    return [(name, tally.findings[0].message) for name, tally in run.tallies.items() if tally.broken > before[name]]


def _settle(run: Run, pending: list[Suspicion]) -> None:
    smallest_first = sorted(pending, key=lambda each: each.exchange.request.size)
    plain = [each for each in smallest_first if not each.observation.contestable]
    contested = [each for each in smallest_first if each.observation.contestable]
    try:
        for suspicion in _of_a_server_that_lives(run, plain):
            if _repeats(run, suspicion):
                counting.count(run, suspicion)
        if contested:
            _settle_contested(run, contested)
    except BudgetSpentError:
        for suspicion in _of_a_server_that_lives(run, plain):
            if run.tally(suspicion.observation.requirement).broken:
                continue
            if blame.may_follow(run, suspicion):
                reason = f"no budget to tell it from what is violated: {suspicion.observation.message}"
                run.doubt(suspicion.observation.requirement, reason)
            else:
                counting.count_as_sent(run, suspicion)
        for suspicion in _of_a_server_that_lives(run, contested):
            run.doubt(
                suspicion.observation.requirement, f"no budget for a second look: {suspicion.observation.message}"
            )
        raise


def _of_a_server_that_lives(run: Run, suspicions: list[Suspicion]) -> list[Suspicion]:
    """Suspicions without those that only say that the server is lost: the first of these is the one that tells."""
    watch = run.endpoint.watch
    lost = [each for each in suspicions if run.endpoint.gone and each.exchange.failure and not each.exchange.status]
    if watch.lost:
        # Of requests that were under way together a later one may have been answered first.
        last_well = watch.last_well - run.endpoint.limits.concurrency
        lost += [each for each in suspicions if each.exchange.number > last_well and _of_a_loss(each.exchange)]
    telling = [each for each in lost if each.exchange.status != 401 and each.observation.requirement in OWN_CAUSE]
    first = min(telling, key=lambda each: each.exchange.number, default=None)
    return [*([first] if first else []), *(each for each in suspicions if each not in lost)]


def _of_a_loss(exchange: Exchange) -> bool:
    """Whether an exchange may be of a server in a storm or silent, or of one that refuses a token that was good."""
    good = exchange.request.credential.kind is CredentialKind.GOOD
    return exchange.status >= 500 or hangs(exchange) or (exchange.status == 401 and good)


def _repeats(run: Run, suspicion: Suspicion) -> bool:
    """Whether an exchange without an answer fails once more: a network may lose one.

    A request that changes something is not repeated.
    """
    if suspicion.exchange.failure not in _ONCE_MORE or suspicion.exchange.request.changes:
        return True
    if run.tally(suspicion.observation.requirement).broken:
        return False
    with run.endpoint.patience.renewed() if suspicion.exchange.failure is Failure.TIMEOUT else nullcontext():
        repeat = run.send(suspicion.exchange.request)
    run.unsuspect(repeat)
    return repeat.failure is suspicion.exchange.failure


def _settle_contested(run: Run, contested: list[Suspicion]) -> None:
    known = run.knowledge.snapshot
    closing, exchange = walking.walk(run)
    if known is None or closing is None:
        for suspicion in contested:
            run.doubt(suspicion.observation.requirement, "the collection could not be walked a second time")
        return
    hold_walks(run, known, closing, exchange)
    _note_return(run, closing, exchange)
    _note_dates(run, closing)
    seen = closing.by_id.keys() | {one for each in contested for one in each.exchange.ids}
    if not run.motion.watched and not closing.by_id.keys() == known.by_id.keys() == seen:
        run.motion.watched = True
        closing = _watch_for_a_return(run, known, closing)
    closing = _fuller(run, known, closing)
    back = _note_guests(run, known.by_id.keys() | closing.by_id.keys(), contested)
    # What moves may be in another order and have the dates that it had, where these show seconds.
    reordered = run.motion.moves > 0 and closing.order != known.order
    if not closing.agrees_with(known) or reordered:
        _look_at_each_twice(run, contested, closing)
        return
    passing = []
    for suspicion in contested:
        request = suspicion.exchange.request
        if run.motion.guests and back.isdisjoint(suspicion.exchange.ids):
            passing.append(suspicion)
        elif _of_now(run, request) != request and run.knowledge.has_moved:
            _look_twice(run, suspicion)
        else:
            counting.count(run, suspicion)
    if passing:
        _look_at_each_twice(run, passing, closing)


def _note_guests(run: Run, walked: Set[str], contested: list[Suspicion]) -> Set[str]:
    """Note an export that an answer shows, and that neither the walks around it nor the same request again has.

    Returns:
        The ids of those that were noted before, and are back: what has expired does not come back.
    """
    back = run.motion.guests & {one for each in contested for one in each.exchange.ids}
    seen = next((each.exchange for each in contested if set(each.exchange.ids) - walked - run.motion.guests), None)
    if seen:
        again = run.send(seen.request)
        run.unsuspect(again)
        run.motion.guests |= set(seen.ids) - walked - set(again.ids)
    return back


def _look_at_each_twice(run: Run, moved: list[Suspicion], closing: Snapshot) -> None:
    run.motion.moves += 1
    run.knowledge.replace_snapshot(closing)
    looked: dict[str, set[frozenset[str]]] = {}
    # What the latest walk contradicts, too, is less likely to have moved.
    for suspicion in sorted(moved, key=lambda each: _agrees_by_now(run, each)):
        requirement = suspicion.observation.requirement
        shapes = looked.setdefault(requirement, set())
        shape = frozenset(name for name, _ in suspicion.exchange.request.pairs)
        if shape in shapes or len(shapes) >= _SHAPES or (shapes and run.tally(requirement).broken):
            continue
        shapes.add(shape)
        _look_twice(run, suspicion)


def _agrees_by_now(run: Run, suspicion: Suspicion) -> bool:
    """Whether an exchange keeps its requirement by what is known now."""
    requirement = suspicion.observation.requirement
    return all(each.holds or each.requirement != requirement for each in run.observe(suspicion.exchange))


def _watch_for_a_return(run: Run, known: Snapshot, closing: Snapshot) -> Snapshot:
    """Walk on until an export comes back that had vanished: what moves goes on, and what flickers returns.

    Returns:
        The last walk; the fullest where an export returned.
    """
    walks = [known, closing]
    pages = len(closing.by_id) // run.knowledge.page_cut + 1
    for _ in range(min(_WALKS_FOR_A_RETURN, _PAGES_FOR_A_RETURN // pages)):
        walk, exchange = walking.walk(run)
        if walk is None:
            break
        run.knowledge.replace_snapshot(walks[-1])
        walks.append(walk)
        _note_return(run, walk, exchange, _lost_between(walks))
        if run.motion.flickering:
            return max(walks, key=lambda each: len(each.by_id))
    return walks[-1]


def _lost_between(walks: list[Snapshot]) -> Set[str]:
    """The ids that a walk lacks between two that agree: pages may shift within one, but nothing moved here."""
    *before, last = walks
    first = next((place for place, walk in enumerate(before) if walk.agrees_with(last)), len(before))
    return last.by_id.keys() - set.intersection(*(set(walk.by_id) for walk in walks[first:]))


def _fuller(run: Run, known: Snapshot, walk: Snapshot) -> Snapshot:
    """The walk to hold answers against: where exports come and go, the latest is no better for what it lacks."""
    lacking = known.by_id.keys() - walk.by_id.keys()
    only_lacks = lacking and lacking <= run.motion.flickering and walk.content <= known.content
    return known if only_lacks else walk


def _note_return(run: Run, walk: Snapshot, exchange: Exchange, lost: Set[str] = frozenset()) -> None:
    back = run.knowledge.returned(walk) or lost
    if back:
        run.motion.flickering |= back
        run.broke("list-steady", exchange, f"the export {min(back)} vanished and came back")


def _note_dates(run: Run, walk: Snapshot) -> None:
    """Find exports that go on with an earlier date than before; what a replica shows late has its date again."""
    if run.tally("lastmodified-steady").broken:
        return
    earlier = run.knowledge.dated_back(walk)
    if not earlier:
        return
    time.sleep(A_TICK)
    later, exchange = walking.walk(run)
    still = earlier & run.knowledge.dated_back(later) if later else set()
    if later and still:
        one = min(still)
        dates = f"{later.by_id[one].get('lastModified')}, and was {run.knowledge.latest_dates[one].isoformat()} before"
        run.broke("lastmodified-steady", exchange, f"the lastModified of the export {one} goes back: it is {dates}")
    else:
        run.held("lastmodified-steady")


def hold_walks(run: Run, known: Snapshot, closing: Snapshot, exchange: Exchange) -> None:
    """Hold a walk against the one before it; what may be by chance counts only where it is so in a third one, too.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    for observation in compare_walks(known, closing):
        _confirm_walks(run, observation, closing, exchange)


def _confirm_walks(run: Run, observation: Observation, closing: Snapshot, exchange: Exchange) -> None:
    if observation.holds:
        run.held(observation.requirement)
        return
    if observation.requirement in _TICKS and run.tally(observation.requirement).broken:
        return
    if not observation.contestable or _comes_again(run, observation.requirement, closing):
        run.broke(observation.requirement, exchange, observation.message, check=observation.check)


def _comes_again(run: Run, requirement: str, closing: Snapshot) -> bool:
    """Whether one more walk breaks a requirement as the closing one did, or one of several, a tick apart."""
    ticks = _TICKS.get(requirement, 0)
    for _ in range(max(1, ticks)):
        time.sleep(A_TICK if ticks else 0)
        later, _exchange = walking.walk(run)
        again = compare_walks(closing, later) if later else ()
        if any(each.requirement == requirement and not each.holds for each in again):
            return True
    return False


def _look_twice(run: Run, suspicion: Suspicion) -> None:
    """Walk, probe, walk again, until two walks agree; what the probe then says counts."""
    requirement, asked = suspicion.observation.requirement, _of_now(run, suspicion.exchange.request)
    renamed: list[set[str]] = []
    reordered = 0
    tries = _SECOND_LOOKS if run.motion.restless < _PATIENT_LOOKS else 1
    for _ in range(tries):
        before = run.knowledge.snapshot
        walking.learn_selection(run, asked)
        probe = run.send(asked)
        after, exchange = walking.walk(run)
        if before is None or after is None:
            return
        _note_return(run, after, exchange)
        _note_dates(run, after)
        after = _fuller(run, before, after)
        if before.agrees_with(after):
            reordered += before.order != after.order
            # Once, an export may have moved forward within the second that its date shows.
            still = before.order == after.order or reordered > 1
            if still and not (run.motion.guests and _is_of_a_moment(run, probe)):
                run.motion.restless = 0
                _count_between_walks(run, probe)
                return
        renamed.append(_renamed_twice(before, probe, after))
        run.knowledge.replace_snapshot(after)
    run.motion.restless += 1
    always = set.intersection(*renamed)
    if always and tries == _SECOND_LOOKS:
        run.broke("list-steady", probe, f"the export {min(always)} has another displayName each time that it is seen")
    else:
        run.doubt(requirement, f"the collection never stood still; seen once: {suspicion.observation.message}")


def _is_of_a_moment(run: Run, probe: Exchange) -> bool:
    """Whether the same request has other exports once more, so that one may have come and gone."""
    again = run.send(probe.request)
    run.unsuspect(again)
    return set(again.ids) != set(probe.ids)


def _count_between_walks(run: Run, probe: Exchange) -> None:
    again = next((each for each in run.observe(probe) if not each.holds and each.contestable), None)
    if again:
        counting.count_between_walks(run, Suspicion(probe, again))


def _of_now(run: Run, request: Request) -> Request:
    """The request without what links may hold on to a moment by: that is not what two later walks agree on."""
    own = run.knowledge.pins | run.knowledge.cursors
    pairs = [pair for pair in request.pairs if pair[0] not in own]
    return request.with_pairs(pairs) if len(pairs) < len(request.pairs) else request


def _renamed_twice(before: Snapshot, probe: Exchange, after: Snapshot) -> set[str]:
    """The ids of exports that have a name in the walk before a probe, another in it, and a third in the walk after."""
    shown = {identity(export): export for export in probe.exports}
    looks = (before.by_id, shown, after.by_id)
    everywhere = shown.keys() & before.by_id.keys() & after.by_id.keys()
    return {one for one in everywhere if len({str(look[one].get("displayName")) for look in looks}) == len(looks)}
