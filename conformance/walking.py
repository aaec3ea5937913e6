"""Has the collection for answers to be held against, in one page, by pages or as a sample, and whole selections of it.

What two walks say of each other is the business of the checks, when to walk that of its callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from conformance.collection import Export, Snapshot, identity
from conformance.exchange import Exchange, Request
from conformance.knowledge import LARGEST_TOP
from conformance.query import COMPATIBILITY, IDENTIFIERS, PLACES
from conformance.run import FULL, Run

WHOLE: Final = ("$top", str(LARGEST_TOP))
"""The parameter that asks for as much as one page may hold."""
ALL_BUT_ONE: Final = Request.of((WHOLE, ("$skip", "1")))
"""A page behind the first that has nearly all: asked for at first, and again once the collection has moved."""
_PARTS: Final = 3
"""Parts of a collection, for each filter, that are known whole where the collection is not."""


def walk(run: Run) -> tuple[Snapshot | None, Exchange]:
    """Walk the whole collection in full representation; None where it cannot be read.

    Returns:
        The collection, or a sample of it where it is larger than may be walked, and the first exchange.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    with run.source("walk"):
        first = run.send(Request.of((WHOLE,), headers=FULL))
        if first.is_list:
            return _by_largest_pages(run, first), first
        return _by_default_pages(run)


def _by_largest_pages(run: Run, first: Exchange) -> Snapshot:
    knowledge = run.knowledge
    pages, known, lost, atomic = [first], set(first.ids), False, True
    while (goes_on := _goes_on(run, pages[-1])) and len(pages) < run.endpoint.limits.max_walk:
        skip = sum(len(page.exports) for page in pages)
        page = run.send(Request.of((WHOLE, ("$skip", str(skip))), headers=FULL))
        if not page.exports or set(page.ids) <= known:
            goes_on, full = False, len(pages[-1].exports) >= knowledge.page_cut
            # After a page that is not full an error is that of a page beyond the end.
            lost = _is_lost(page, pages[-1]) and (full or page.status == 200)
            # What stood behind a full page may have moved to where it was seen before, or have been the last to go.
            atomic = not full or not (page.exports or "next" in pages[-1].links)
            break
        known.update(page.ids)
        pages.append(page)
    if len(pages) > 1:
        knowledge.page_cut = min(LARGEST_TOP, len(first.exports))
    elif len(first.exports) > knowledge.page_cut:
        # What was taken for the largest page was one that lacked exports.
        knowledge.page_cut = LARGEST_TOP
    snapshot = _snapshot(pages, atomic=atomic and len(pages) == 1, repeats=any(map(_repeats, pages)))
    # The one page more that a first walk asks for tells nothing of what is beyond.
    snapshot.whole = not lost and (not goes_on or len(pages[-1].exports) < knowledge.page_cut)
    if not snapshot.whole:
        snapshot.parts = dict(_parts(run, snapshot))
    return snapshot


def _goes_on(run: Run, page: Exchange) -> bool:
    """Whether to ask for more: after a full page, and once in a run after any, lest the server cuts pages short."""
    knowledge = run.knowledge
    return len(page.exports) >= knowledge.page_cut or (knowledge.snapshot is None and bool(page.exports))


def _is_lost(page: Exchange, before: Exchange) -> bool:
    """Whether a page may be there and could not be had or read.

    An empty one is an end, and so is a refused one that the page before does not promise by a link.
    """
    unreadable = page.status == 200 and not isinstance(page.json, dict)
    promised = not page.is_list and "next" in before.links
    return page.failure is not None or page.status == 429 or page.status >= 500 or unreadable or promised


def _parts(run: Run, snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], Snapshot]]:
    """Collections in the collection that one answer shows whole: those of the rarest values in the sample."""
    knowledge = run.knowledge
    if not knowledge.part_keys:
        knowledge.part_keys = [
            (name, value) for name in IDENTIFIERS for value in snapshot.values(name)[-_PARTS:] if value
        ]
    for key in knowledge.part_keys:
        exchange = run.send(Request.of((key, WHOLE), headers=FULL))
        if exchange.is_list and len(exchange.exports) < knowledge.page_cut:
            yield key, _snapshot([exchange], atomic=True, repeats=_repeats(exchange))


def _by_default_pages(run: Run) -> tuple[Snapshot | None, Exchange]:
    first = before = last = run.send(Request(headers=FULL))
    if not first.is_list:
        return None, first
    pages = [first]
    for _ in range(run.endpoint.limits.max_walk):
        if "next" not in last.links or not last.exports:
            break
        before, last = last, run.send(Request(query=urlsplit(last.links["next"]).query, headers=FULL))
        pages.append(last)
    snapshot = _snapshot(pages, atomic=False, repeats=_repeats(first))
    snapshot.whole = not _is_lost(last, before) and ("next" not in last.links or not last.exports)
    return snapshot, first


def _snapshot(pages: list[Exchange], *, atomic: bool, repeats: bool) -> Snapshot:
    exports: list[Export] = [export for page in pages for export in page.exports]
    unique = {identity(export): export for export in exports if isinstance(export.get("id"), str)}
    return Snapshot(list(unique.values()), atomic, repeats, garbled=any(page.is_garbled for page in pages))


def _repeats(page: Exchange) -> bool:
    return len(set(page.ids)) < len(page.ids)


def learn_selection(run: Run, request: Request) -> None:
    """Have the whole selection of a slice again, to hold the slice against.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    pairs = [pair for pair in request.pairs if pair[0] not in PLACES]
    for name in COMPATIBILITY:
        learn_compatible(run, name, next((value for key, value in pairs if key == name), ""))
    if pairs != request.pairs:
        run.send(request.with_pairs([*pairs, WHOLE]))


def learn_compatible(run: Run, name: str, value: str) -> None:
    """Learn which exports a version selects, from one answer that has them all.

    Args:
        run: The run.
        name: The parameter of the version.
        value: The version; nothing is learned of an empty one.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    snapshot = run.knowledge.snapshot
    if not value or snapshot is None:
        return
    exchange = run.send(Request.of(((name, value), WHOLE), headers=FULL))
    if not exchange.is_list or len(exchange.ids) >= run.knowledge.page_cut:
        return
    if "next" not in exchange.links or not goes_on_behind(run, exchange):
        run.knowledge.compatible.setdefault((name, value), frozenset(exchange.ids))


def goes_on_behind(run: Run, page: Exchange) -> bool:
    """Whether a page that is not full goes on right behind it: it was cut.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    first = run.context(page).query.count("$skip") or 0
    rest = [(name, value) for name, value in page.request.pairs if name != "$skip"]
    behind = run.send(page.request.with_pairs([*rest, ("$skip", str(first + len(page.ids)))]))
    run.unsuspect(behind)
    return bool(behind.ids) and set(behind.ids).isdisjoint(page.ids)
