"""Opens a run: whether there is an API to judge, the first walk, and what else is learned before the first probe.

How the collection is walked is the business of `walking`; what answers prove that of the checks.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from conformance import values, walking
from conformance.checks.links import link_query
from conformance.checks.selections import ENOUGH_TO_TELL
from conformance.collection import Snapshot, identity
from conformance.exchange import NO_CREDENTIAL, Exchange, Request
from conformance.knowledge import DEFAULT_TOP, LARGEST_TOP
from conformance.other_user import see_who_is_let_in
from conformance.run import FULL, Run

_WITHOUT_A_LIST: Final = 300
"""Requests that a run may send where the collection cannot be read."""
_A_BURST: Final = 8
"""Exports that may have been started between two answers moments apart, however few there are."""
_MOST: Final = 2 / 3
"""The share of a list that two answers moments apart have in common at least, however the collection moves."""


class CannotTestError(Exception):
    """There is no API here to judge: the server does not answer, refuses a good token, or has no such path."""


def open_run(run: Run) -> None:
    """Look whether there is an API to judge, and make the first walk.

    Raises:
        CannotTestError: The server does not answer, refuses the token on every request, or has no such path.
        BudgetSpentError: The run may send no more.
    """
    snapshot, first = walking.walk(run)
    if snapshot is None:
        _look_for_an_api(run, first)
        # What is no list by now will be none a thousand requests later.
        run.endpoint.cut_budget(_WITHOUT_A_LIST)
        return
    with run.source("walk"):
        minimal = run.send(Request.of((walking.WHOLE,), headers=(("prefer", "return=minimal"),)))
        default = run.send(Request(headers=FULL))
        behind = run.send(walking.ALL_BUT_ONE)
    _see_the_first_again(run, first)
    _learn_default_top(run, first, default, snapshot)
    run.knowledge.replace_snapshot(snapshot)
    run.knowledge.plain_minimal = _minimal_is_plain(run, minimal)
    # They were judged before there was a walk to hold them against.
    for exchange in (first, minimal, default, behind):
        run.judge_again(exchange)
    see_who_is_let_in(run)


def _see_the_first_again(run: Run, first: Exchange) -> None:
    """Hold the first answer of all, of a server that nobody has asked yet, against the same request moments later."""
    with run.source("walk"):
        again = run.send(first.request)
    if not (first.is_list and again.is_list) or len(again.ids) < ENOUGH_TO_TELL:
        return
    # Any number may have expired meanwhile; so many cannot have been started.
    lacking = len(set(again.ids) - set(first.ids))
    if lacking > max(_A_BURST, (1 - _MOST) * len(again.ids)):
        message = f"the first answer of all has {len(first.ids)} exports, the next to the same request {len(again.ids)}"
        run.broke("answers-independent", first, f"{message}, and {lacking} are new")
    else:
        run.held("answers-independent")


def _learn_default_top(run: Run, first: Exchange, default: Exchange, snapshot: Snapshot) -> None:
    """Take the page size that the server has for the one to expect, once it is known to be another."""
    came, size = len(default.exports), len(snapshot.exports)
    # A page that says that it has the size which is due, and is shorter, was cut.
    said = _said_top(default)
    if default.is_list and came and came != min(DEFAULT_TOP, size) and came < size and said != DEFAULT_TOP:
        closing, _ = walking.walk(run)
        with run.source("walk"):
            again = run.send(default.request)
        goes_on = "next" in default.links and "next" in again.links
        if closing is None or len(again.exports) != came or not (goes_on or closing.agrees_with(snapshot)):
            # So many were left for a moment, and no page was full.
            return
        # It was held against the size that the page has.
        run.unsuspect(again)
        run.knowledge.default_top = came
        run.broke("top-default", default, f"{came} exports without $top")
        return
    told = said not in (None, DEFAULT_TOP) and _said_top(first) == LARGEST_TOP
    if not default.is_list or not (came > DEFAULT_TOP or told) or _was_kept(run, default):
        return
    if came > DEFAULT_TOP:
        # It may be any size that holds them all: what `self` says, if it says one.
        run.knowledge.default_top = max(came, said or LARGEST_TOP)
        run.broke("top-default", default, f"{came} exports without $top")
    else:
        # All are on one page, whose size is told by a link that elsewhere tells it right.
        run.knowledge.default_top = said or DEFAULT_TOP
        run.broke("top-default", default, f"self says $top={said} of a page that was asked for without")


def _was_kept(run: Run, default: Exchange) -> bool:
    """Whether a page that is too large was made for another request: beside what no cache has seen it is not."""
    with run.source("walk"):
        alone = run.send(default.request.with_pairs([next(run.fresh)]))
    return alone.is_list and DEFAULT_TOP in (len(alone.exports), _said_top(alone))


def _said_top(exchange: Exchange) -> int | None:
    """The page size that the link of a page to itself says."""
    link = link_query(exchange.links.get("self", ""))
    return link.count("$top") if link else None


def _minimal_is_plain(run: Run, minimal: Exchange) -> bool:
    """Whether `request` is foreign to the minimal representation here.

    A server may add members to it, `request` too, as long as the full representation still has more.
    """
    snapshot = run.knowledge.snapshot
    if snapshot is None or not minimal.exports:
        return True
    pairs = [
        (set(export), set(snapshot.by_id[identity(export)]))
        for export in minimal.exports
        if identity(export) in snapshot.by_id
    ]
    every = bool(pairs) and all("request" in few for few, _ in pairs)
    complete = any(export.get("status") == "Complete" for export in snapshot.exports)
    # Only a complete export has more to show.
    return not (every and (not complete or any(few < many for few, many in pairs)))


def _look_for_an_api(run: Run, first: Exchange) -> None:
    bare = first.request.path.rstrip("/")
    others = [run.send(evolve(Request(), path=bare)), run.send(Request())]
    every = [first, *others]
    if not run.endpoint.answered:
        why = run.endpoint.trouble or "check the URL, and whether the server runs"
        raise CannotTestError(f"No answer from {run.endpoint.url}: {why}.")
    if all(exchange.status == 401 for exchange in every):
        name = run.endpoint.credentials.source.name
        raise CannotTestError(f"The server refuses the token with 401 on every request: let {name} give a good one.")
    if all(exchange.status == 404 for exchange in every) and all(
        run.send(request).status == 404
        for request in (Request(query=f"$top={values.TOO_LARGE}"), Request(credential=NO_CREDENTIAL))
    ):
        raise CannotTestError(
            f"{run.endpoint.url}{first.request.path} is not there (404): give the root of a server of this API."
        )
