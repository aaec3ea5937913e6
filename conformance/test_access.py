"""Access: what another user, with fewer rights, may not read stays hidden from them, however they ask.

It takes MESH_EXPORT_OTHER_TOKEN. Nobody says who may read what, so the service is held against itself: what it hides from
the other user in one answer must not stand in the next, whatever else was asked for, and whoever asked before. Where it
hides nothing, the other user may simply read everything, and there is nothing to judge.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from attrs import evolve

from conformance import spec
from conformance.collection import Export, requested
from conformance.exchange import Exchange, Request
from conformance.other_user import all_of, as_other, by_imodel, by_themselves, cold_top, ids_shown, own_list
from conformance.query import CURRENT
from conformance.run import FULL, Run

_MOST_STRANGERS = 3
_PAGED = 4
"""Exports that a list must have for its pages to tell anything."""
_AT_ONCE = 4
_KEPT = 2.1
"""Seconds for which the verdict on who may read what may be kept without being a promise to anybody."""
Pairs = tuple[tuple[str, str], ...]


@pytest.mark.requirements("imodelid-access", "status-documented")
def test_an_imodel_that_is_hidden_from_another_user_stays_hidden(run: Run) -> None:
    snapshot = run.knowledge.snapshot
    if snapshot is None or not snapshot.exports or not _is_there(run, "imodelid-access"):
        return
    own = own_list(run)
    waited = False
    in_part: tuple[str, set[str]] | None = None
    for imodel, theirs in by_imodel(snapshot.exports).items():
        seen = _shown_of(run, imodel)
        if seen is not None and seen & theirs and own is not None and not own & theirs and not waited:
            # Their list has none of them: the first user may have asked just before, and it may be kept for both.
            time.sleep(_KEPT)
            waited, seen = True, _shown_of(run, imodel)
        if seen is None:
            continue
        if not seen & theirs:
            _asked_about_it_stays_hidden(run, imodel, theirs, "of which the same user is shown nothing")
            return
        if theirs - seen:
            in_part = in_part or (imodel, theirs - seen)
    if in_part:
        _asked_about_it_stays_hidden(run, *in_part, "that the same user is not shown of it")
        return
    run.doubt("imodelid-access", "the other user is shown every iModel: give MESH_EXPORT_OTHER_TOKEN of a weaker one")


def _shown_of(run: Run, imodel: str) -> set[str] | None:
    """The ids that the other user is shown of an iModel; None where there is no telling."""
    request = all_of(run, imodel)
    exchange = by_themselves(run, request)
    # A refusal that the first user meets as well says nothing of who may read what.
    return ids_shown(exchange) if exchange.is_list or run.send(request).is_list else None


def _asked_about_it_stays_hidden(run: Run, imodel: str, hidden: set[str], what: str) -> None:
    exchanges = _after_and_beside_the_first(run, _about(run, imodel), (("iModelId", imodel),))
    what = f"of the iModel {imodel}, {what} in another answer"
    _stays_hidden(run, "imodelid-access", exchanges, hidden, lambda: _shown_of(run, imodel), what)


@pytest.mark.requirements("list-own")
def test_what_is_not_in_the_list_of_another_user_stays_out_of_it(run: Run) -> None:
    snapshot = run.knowledge.snapshot
    if snapshot is None or not snapshot.exports or not _is_there(run, "list-own"):
        return
    seen = own_list(run)
    strangers = set(snapshot.by_id) - seen if seen is not None else set()
    if not strangers:
        run.doubt("list-own", "the list of the other user is not smaller, or cannot be read whole")
        return
    what = "that is not in the same user's list in another answer"
    of_strangers = [snapshot.by_id[one] for one in sorted(strangers)[:: -(-len(strangers) // _MOST_STRANGERS)]]
    named = ((name, requested(one, name)) for one in of_strangers for name in ("changesetId", "exportType"))
    filters = dict.fromkeys((name, value) for name, value in named if isinstance(value, str) and value)
    exchanges = _after_and_beside_the_first(run, _about(run, None, filters))
    _stays_hidden(run, "list-own", exchanges, strangers, lambda: own_list(run), what)


@pytest.mark.requirements("top-fills", "skip-leaves-out", "links-next-absent", "links-next-present")
def test_the_pages_of_another_users_list_make_it_up(run: Run) -> None:
    own = own_list(run) if run.other_user else None
    if own is None or run.knowledge.snapshot is None:
        return
    theirs = [export for identity, export in run.knowledge.snapshot.by_id.items() if identity in own]
    for pairs in ((), (("$orderBy", "date:desc"),), *_most_of(theirs)):
        whole = own_list(run, pairs) if pairs else own
        if whole is None or len(whole) < _PAGED or not whole <= own:
            continue
        for top, skip in ((3, 0), (len(whole) // 2, 1), (2, len(whole) - 1)):
            place = (("$top", str(top)), *((("$skip", str(skip)),) if skip else ()))
            if not _is_in_its_place(run, pairs, place, whole):
                return


def _most_of(exports: Sequence[Export]) -> Iterator[Pairs]:
    """The value that most exports have, of each filter that says nothing of who may read what."""
    for name in ("changesetId", "exportType"):
        times = Counter(str(requested(export, name) or "") for export in exports)
        times.pop("", None)
        for value, _ in times.most_common(1):
            yield ((name, value),)


def _is_in_its_place(run: Run, pairs: Pairs, place: Pairs, whole: set[str]) -> bool:
    """Whether a page of the other user's has what is due there; a violation is counted."""
    request = Request.of((*pairs, *place), headers=FULL)
    exchange = as_other(run, request)
    if not exchange.is_list or not whole.issuperset(exchange.ids):
        # What is not theirs breaks another promise.
        return True
    query = run.context(exchange).query
    top, skip = query.count("$top") or 0, query.count("$skip") or 0
    found = _unlike_its_place(exchange, len(whole), top, skip)
    if found is None:
        for requirement in ("top-fills", "links-next-absent" if skip + top > len(whole) else "links-next-present"):
            run.held(requirement)
        return True
    everybodys = run.send(Request.of((*pairs, cold_top(run))))
    if _unlike_its_place(run.send(request), len(everybodys.ids), top, skip):
        # What the first user meets as well is a matter of the page: other probes tell it better.
        return False
    again = as_other(run, request)
    if own_list(run, pairs) == whole and _unlike_its_place(again, len(whole), top, skip) == found:
        run.broke(found[0], exchange, found[1])
        return False
    return True


def _unlike_its_place(exchange: Exchange, size: int, top: int, skip: int) -> tuple[str, str] | None:
    """What a page of the other user's list breaks by the number of its exports, or by its links."""
    came, due = len(exchange.exports), min(top, size - skip)
    if came != due:
        return ("skip-leaves-out" if skip else "top-fills"), f"{came} exports, where {due} are due to this user"
    left = size - skip - top
    if left < 0 and "next" in exchange.links:
        return "links-next-absent", "there is a next page behind the end of this user's list"
    if left > 0 and "next" not in exchange.links:
        return "links-next-present", f"there is no next page, where this user's list has {left} exports more"
    return None


def _is_there(run: Run, requirement: str) -> bool:
    """Whether there is another user, who is let in at all."""
    if run.other_user is None:
        return False
    exchange = as_other(run, Request.of((cold_top(run),)))
    if not exchange.is_list:
        run.doubt(
            requirement, f"the other user's own list gets status {exchange.status}: check MESH_EXPORT_OTHER_TOKEN"
        )
    run.knowledge.other_let_in = exchange.is_list
    return exchange.is_list


def _about(run: Run, imodel: str | None, filters: Iterable[tuple[str, str]] = ()) -> Iterator[Request]:
    """Requests of an iModel, or of the whole list: what is asked for besides, the path, the spelling."""
    pairs = (("iModelId", imodel),) if imodel else ()
    more: list[tuple[tuple[str, str], ...]] = [
        (), (("$orderBy", "date:desc"),), (("$orderBy", "date:asc"),), (("$top", "5"),), (("$skip", "1"),), (("cdn", "1"),),
        *((version,) for version in CURRENT.items()),
    ]  # fmt: skip
    if imodel and run.knowledge.snapshot:
        export = next(one for one in run.knowledge.snapshot.exports if str(requested(one, "iModelId")) == imodel)
        named = ((name, requested(export, name)) for name in ("changesetId", "exportType"))
        more += [((name, value),) for name, value in named if isinstance(value, str) and value]
        yield Request.of((("iModelId", imodel.upper()),))
    else:
        more += [(pair,) for pair in filters]
    for extra in more:
        yield Request.of((*pairs, *extra), headers=FULL)
    yield Request.of(pairs)
    yield Request.of(pairs, path=spec.bare_path())


def _stays_hidden(
    run: Run,
    requirement: str,
    exchanges: Iterator[Exchange],
    hidden: set[str],
    shown: Callable[[], set[str] | None],
    what: str,
) -> None:
    """Nothing that is hidden from the other user may come of what they ask after the first one, or beside them."""
    for exchange in exchanges:
        told = sorted(set(exchange.ids) & hidden)
        if not told and 0 < exchange.status < 500:
            run.held(requirement)
            continue
        again: set[str] | None = None
        if told:
            # Somebody may have been given access meanwhile; what was kept of the first user's answer is none.
            time.sleep(_KEPT)
            again = shown()
        still = [one for one in told if again is not None and one not in again]
        if still:
            run.broke(requirement, exchange, f"the export {still[0]} {what}")
            return
        hidden = hidden - (again or set())
        if not hidden:
            return


def _after_and_beside_the_first(run: Run, requests: Iterable[Request], pairs: Pairs = ()) -> Iterator[Exchange]:
    """What the other user gets right after the first one asked the same, and while the first one is asking."""
    with run.endpoint.one_connection():
        for request in requests:
            run.send(request)
            yield as_other(run, request)
    cold = [Request.of((*pairs, cold_top(run))) for _ in range(_AT_ONCE)]
    assert run.other_user
    both = [each for request in cold for each in (request, evolve(request, credential=run.other_user))]
    yield from (exchange for exchange in run.send_all(both) if exchange.request.credential == run.other_user)
