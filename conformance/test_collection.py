"""Request: the collection is there, is whole, and stays what it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest

from conformance import second_look, spec, values, walking
from conformance.collection import identity
from conformance.exchange import Exchange, Request
from conformance.query import FILTERS
from conformance.run import FULL, Run

_FEW: Final = 9
"""Exports that are not worth several pages."""

_PAGES: Final = 12
_MANY: Final = 30
"""Parameters of no meaning in one query: a parser may stop counting."""
_LAST_OF_ALL: Final = (
    (("$skip", "4"), ("$top", "3")),
    (("$skip", "4"), ("$top", "2")),
    (("$top", "2"), ("$skip", "1")),
)
"""Places of pages that go to the end of a long query, where two in a row differ in their last digits."""


@pytest.mark.requirements(
    "top-limits",
    "skip-leaves-out",
    "prefer-default",
    "imodelid-only",
    "changesetid-only",
    "exporttype-only",
    "imodelid-complete",
    "changesetid-complete",
    "exporttype-complete",
    "path-served",
    "status-documented",
    "status-no-server-error",
    "answer-in-time",
    "parameters-optional",
    "path-without-slash",
    "names-percent-encoded",
)
def test_both_paths_and_both_spellings_of_dollar(run: Run) -> None:
    bare = spec.bare_path()
    queries = (
        "",
        "$top=3&$skip=2",
        "%24top=3&%24skip=2",
        "$orderBy=date:desc&$top=5",
        "%24orderBy=date%3Adesc&%24top=5",
        "$top=3&%24skip=2",
        "%24orderBy=date:desc&$top=5",
    )
    answers = [
        [run.send_once(Request(query=query, path=path, headers=FULL)) for query in queries]
        for path in (spec.collection_path(), bare)
    ]
    for with_slash, without in zip(*answers, strict=True):
        _same(run, "path-without-slash", with_slash, without)
    for paths in answers:
        _same(run, "names-percent-encoded", paths[1], paths[2])
        _same(run, "names-percent-encoded", paths[3], paths[4])
        _same(run, "names-percent-encoded", paths[1], paths[5])
        _same(run, "names-percent-encoded", paths[3], paths[6])
    for name in FILTERS:
        value = values.plain_value(run.knowledge.snapshot, name)
        run.send_once(Request.of(((name, value),), path=bare, headers=FULL))


def _same(run: Run, requirement: str, one: Exchange, other: Exchange) -> None:
    """Two requests that mean the same have the same exports, unless the collection moves in between."""
    if not (one.is_list and other.is_list) or one.ids == other.ids:
        run.held(requirement)
        return
    # In an order that no count of requests falls in with.
    again = [run.send(each.request) for each in (one, other, other, one, one, other)]
    firsts, others = ({tuple(again[place].ids) for place in places} for places in ((0, 3, 4), (1, 2, 5)))
    if len(firsts) == len(others) == 1 and firsts != others:
        run.broke(requirement, again[1], "other exports than the request that means the same")


@pytest.mark.requirements(
    "list-complete",
    "list-unique",
    "links-next-page",
    "links-next-present",
    "links-next-absent",
    "links-prev-page",
    "links-self-page",
    "links-keep-query",
    "top-default",
)
def test_following_next_gives_every_export_once(run: Run) -> None:
    for start in (
        Request(headers=FULL),
        Request.of((("$orderBy", "date:desc"),), headers=FULL),
        Request.of((("$top", "37"),)),
        *_selections_of_five_pages(run),
    ):
        _follow(run, start)


def _selections_of_five_pages(run: Run) -> Iterator[Request]:
    """Lists with a filter, which the links of every page have to keep, and with one and an order."""
    snapshot = run.knowledge.snapshot
    for name, order in (("exportType", ()), ("iModelId", (("$orderBy", "date:asc"),))):
        value = next(iter(snapshot.values(name) if snapshot else ()), "")
        query = ((name, value), *order)
        selected = _selected(run, Request.of(query)) if value else ()
        if len(selected) > _FEW:
            yield Request.of((*query, ("$top", str(-(-len(selected) // 5)))))


def _follow(run: Run, start: Request) -> None:
    """Follow `next` from page to page, and `prev` back from the second."""
    page = run.send_once(start)
    seen: list[str] = list(page.ids)
    queries: set[str] = set()
    for number in range(_PAGES):
        href = page.links.get("next")
        if href is None or not page.is_list:
            _confirm_losses(run, start, page, seen)
            break
        query = urlsplit(href).query
        if query in queries:
            if not run.suspicions:
                # What is suspected already explains the circle: a page that was made for another request.
                run.broke("links-next-absent", page, "following next comes back to a page that was there before")
            return
        queries.add(query)
        following = run.send_once(Request(query=query, headers=start.headers))
        if not following.is_list:
            if following.status != 429 and not run.context(following).query.must_be_accepted:
                run.broke("links-next-page", page, f"following next ends in status {following.status}")
            return
        if number == 0 and "prev" in following.links:
            run.send_once(Request(query=urlsplit(following.links["prev"]).query, headers=start.headers))
        seen.extend(following.ids)
        page = following
    if run.knowledge.snapshot and len(seen) == len(set(seen)):
        run.held("list-unique")
    elif len(seen) != len(set(seen)) and not run.suspicions:
        # What is suspected already explains the repeats: a slice that is wrong by itself.
        _confirm_repeats(run, start, seen)


def _selected(run: Run, request: Request) -> tuple[str, ...]:
    """The ids that a request selects, in the order of the walk; none where they are not known."""
    context = run.context(Exchange(0, request, ""))
    selection = context.selection if context.query.must_be_accepted else None
    return selection.ids if selection and not selection.open else ()


def _stands_still(run: Run) -> Exchange | None:
    """The end of one more walk, where that agrees with the one before it."""
    known = run.knowledge.snapshot
    closing, exchange = walking.walk(run)
    return exchange if known and closing and known.agrees_with(closing) else None


def _confirm_losses(run: Run, start: Request, last: Exchange, seen: list[str]) -> None:
    """An export on no page counts where the collection is the same before and after."""
    lost = [one for one in _selected(run, start) if one not in set(seen)]
    if not lost or run.suspicions or not last.is_list:
        # What is suspected already explains the loss: a slice that is wrong by itself, a link that is missing.
        return
    if _stands_still(run):
        run.broke("links-next-page", last, f"following next from page to page leaves out the export {lost[0]}")


def _confirm_repeats(run: Run, start: Request, seen: list[str]) -> None:
    """An export on two pages counts where the collection is the same before and after."""
    known, exchange = run.knowledge.snapshot, _stands_still(run)
    if exchange and known and known.whole:
        twice = next(one for one in seen if seen.count(one) > 1)
        ordered = any(name == "$orderBy" for name, _ in start.pairs)
        run.broke(
            "orderby-steady" if ordered else "list-unique",
            exchange,
            f"following next comes upon the export {twice} twice",
        )


@pytest.mark.requirements("list-order-steady", "list-steady", "lastmodified-steady", "answers-independent")
def test_the_same_request_gives_the_same_list(run: Run) -> None:
    for request in (Request(headers=FULL), Request.of((("$top", "10"), ("$skip", "5")), headers=FULL), Request()):
        for _ in range(3):
            _independent(run, [run.send(request)])


def _independent(run: Run, exchanges: list[Exchange]) -> None:
    """Answers that agree with the walk did not take anything from another request."""
    suspected = {id(suspicion.exchange) for suspicion in run.suspicions}
    for exchange in exchanges:
        if exchange.is_list and id(exchange) not in suspected:
            run.held("answers-independent")


@pytest.mark.requirements("list-steady", "lastmodified-steady", "list-complete")
def test_later_walks_show_the_same_collection(run: Run) -> None:
    walks = [run.knowledge.snapshot]
    time.sleep(second_look.A_TICK)
    for _ in range(2):
        walk, exchange = walking.walk(run)
        if walk is None or walks[-1] is None:
            return
        second_look.hold_walks(run, walks[-1], walk, exchange)
        walks.append(walk)
    first, second, third = walks
    assert first
    assert second
    assert third
    if first.atomic and second.atomic and third.atomic:
        back = next((one for one in first.by_id if one not in second.by_id and one in third.by_id), None)
        if back:
            run.broke("list-steady", exchange, f"the export {back} vanished and came back")
        else:
            run.held("list-steady")
    twice = [identity(export) for export in third.exports]
    if len(twice) == len(set(twice)):
        run.held("list-complete")


@pytest.mark.requirements("unknown-parameter-ignored")
def test_unknown_parameters_change_nothing(run: Run) -> None:
    plain = run.send_once(Request.of((("$top", "7"),), headers=FULL))
    strange = (
        (("client", "CesiumJS"), ("clientVersion", "1.145.0")),
        (("$filter", "x"),),
        (("$count", "true"),),
        (("api-version", "1"),),
        (("_", "1732400000"),),
        (("x$top", "1"),),
        tuple((f"utm{number}", "1") for number in range(_MANY)),
    )
    for number, pairs in enumerate(strange):
        # Before the known parameter or behind it: a parser may stop at what it does not know.
        query = (*pairs, ("$top", "7")) if number % 2 == 0 else (("$top", "7"), *pairs)
        _same(run, "unknown-parameter-ignored", plain, run.send_once(Request.of(query, headers=FULL)))


@pytest.mark.requirements("answers-independent")
def test_a_long_query_is_read_to_its_end(run: Run) -> None:
    # One after the other: what is kept by the beginning of a query shows.
    _independent(run, [run.send(Request.of((("client", "x" * 300), *page), headers=FULL)) for page in _LAST_OF_ALL])


@pytest.mark.requirements("answers-independent")
def test_answers_to_simultaneous_requests_are_not_mixed_up(run: Run) -> None:
    skips = [Request.of((("$top", "5"), ("$skip", str(skip))), headers=FULL) for skip in range(16)]
    roots = [
        Request.of((("$top", "1"),), headers=(("x-api-host-and-root", f"https://host{number}.example/root"),))
        for number in range(8)
    ]
    mixed = [request for pair in zip(skips[::2], skips[1::2], roots, strict=True) for request in pair]
    _independent(run, run.send_all(mixed))
